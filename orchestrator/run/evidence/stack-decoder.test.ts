// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { KernelArtifacts } from "../../artifacts.ts";
import { decodeStack, modulesIn } from "./stack-decoder.ts";

test("finds the modules that a trace names", () => {
  const lines = [
    "[    9.1]  ntb_epf_spad_write+0x4c/0xb8 [ntb_hw_epf] (P)",
    "[    9.1]  epf_bind+0x1/0x2 [pci-epf-vntb]",
    "[    9.1]  kthread+0x110/0x124",
  ];
  expect(modulesIn(lines)).toEqual(new Set(["ntb_hw_epf", "pci_epf_vntb"]));
});

test("a tree without the script is told, and no error", async () => {
  const kernel = { sourceDir: "/no/such", vmlinux: "/no/such/vmlinux", buildDir: "/no/such" };
  const guest = { kernel: { ...kernel, compiler: "gcc" } as KernelArtifacts };
  expect(await decodeStack(["x"], guest)).toEqual({
    failed: expect.stringContaining("/no/such/scripts/decode_stacktrace.sh"),
  });
});

test("files are named from the top of the source, whichever of two trees they were compiled from", async () => {
  const sourceDir = mkdtempSync(join(tmpdir(), "stack-decoder-test-"));
  try {
    mkdirSync(join(sourceDir, "scripts"));
    const script = `while read -r line; do echo "$line (${sourceDir}/drivers/x.c:1) $LLVM"; done`;
    writeFileSync(join(sourceDir, "scripts/decode_stacktrace.sh"), script);
    const kernel = { sourceDir, vmlinux: "vmlinux", buildDir: "/no/such", llvm: "-19" };
    const decoded = await decodeStack(["f+0x1/0x2"], { kernel: kernel as KernelArtifacts });
    expect(decoded).toEqual({ lines: ["f+0x1/0x2 (drivers/x.c:1) -19"], problems: [] });
  } finally {
    rmSync(sourceDir, { recursive: true });
  }
});
