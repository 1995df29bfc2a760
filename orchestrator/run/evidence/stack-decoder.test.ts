// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { playBinutils } from "../testing/played-binutils.ts";
import { type DecodableGuest, decodeStack, modulesIn } from "./stack-decoder.ts";

let directory: string;
let guest: DecodableGuest;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stack-decoder-test-"));
  // Short-lived files come there, too.
  vi.stubEnv("TMPDIR", directory);
  for (const name of ["ours", "tree", "tools"]) mkdirSync(join(directory, name));
  const decodeScript = join(directory, "decode_stacktrace.sh");
  guest = {
    kernel: { architecture: "arm64", vmlinux: "vmlinux", llvm: "-19" } as DecodableGuest["kernel"],
    facts: { source: "/gone/linux", features: [], tests: [], decodeScript },
    debug: { modules: join(directory, "tree"), gdbScripts: undefined },
    // Of objects without any function nothing is told by its address.
    decodingPrefix: playBinutils(join(directory, "tools")),
    debugModules: join(directory, "ours"),
  };
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

/** The kernel's script, which has the modules' directory as its third argument. */
function script(text: string): void {
  writeFileSync(join(directory, "decode_stacktrace.sh"), text);
}

test("finds the modules that a trace names", () => {
  const lines = [
    "[    9.1]  ntb_epf_spad_write+0x4c/0xb8 [ntb_hw_epf] (P)",
    "[    9.1]  epf_bind+0x1/0x2 [pci-epf-vntb]",
    "[    9.1]  kthread+0x110/0x124",
  ];
  expect(modulesIn(lines)).toEqual(new Set(["ntb_hw_epf", "pci_epf_vntb"]));
});

test("a tree without the script is told, and no error", async () => {
  const facts = { ...guest.facts, decodeScript: undefined };
  expect(await decodeStack(["x"], { ...guest, facts })).toEqual({
    failed: "this kernel's tree has no scripts/decode_stacktrace.sh",
  });
});

test("files are named from the top of the source, whichever of two trees they were compiled from", async () => {
  script(
    `while read -r line; do echo "\${line%+*} (/gone/linux/drivers/x.c:1) $LLVM $CROSS_COMPILE"; done`,
  );
  const decoded = await decodeStack(["f+0x1/0x2"], guest);
  expect(decoded).toEqual({
    lines: [`f (drivers/x.c:1) -19 ${guest.decodingPrefix}`],
    warnings: [],
    left: [],
  });
});

test("a script that ends well and has found nothing has failed, for the reason that its tools give", async () => {
  script("cat; echo aarch64-linux-gnu-nm: command not found >&2");
  expect(await decodeStack(["f+0x1/0x2", "other"], guest)).toEqual({
    failed: expect.stringMatching(
      /no function was found: aarch64-linux-gnu-nm: command not found$/,
    ),
  });
  // Without a stack there is nothing to be found.
  expect(await decodeStack(["UBSAN: shift"], guest)).toMatchObject({ lines: ["UBSAN: shift"] });
});

test("what is left of a trace is told, and so is a module that was not found", async () => {
  const warning = 'echo "WARNING! Cannot find .ko for module m" >&2';
  script(`sed "s/^f+.*/f (x.c:1)/"; ${warning}; echo >&2; ${warning}; echo of no use >&2`);
  expect(await decodeStack(["f+0x1/0x2", "g+0x1/0x2 [m]"], guest)).toEqual({
    lines: ["f (x.c:1)", "g+0x1/0x2 [m]"],
    warnings: ["WARNING! Cannot find .ko for module m"],
    left: ["g+0x1/0x2 [m]"],
  });
});

test("modules are this project's, but for those that the scenario takes from the tree", async () => {
  script("cat > /dev/null; readlink -f $3/ntb_transport.ko $3/pci_epf_vntb.ko");
  for (const path of ["ours/ntb_transport.ko", "tree/ntb_transport.ko", "tree/pci-epf-vntb.ko"]) {
    writeFileSync(join(directory, path), "");
  }
  const trace = ["a+0x1/0x2 [ntb_transport]", "b+0x1/0x2 [pci_epf_vntb]"];
  const vntb = join(directory, "tree/pci-epf-vntb.ko");
  expect(await decodeStack(trace, guest)).toMatchObject({
    lines: [join(directory, "ours/ntb_transport.ko"), vntb],
  });
  expect(await decodeStack(trace, guest, new Set(["ntb_transport"]))).toMatchObject({
    lines: [join(directory, "tree/ntb_transport.ko"), vntb],
  });
});

test("a directory of modules that cannot be read is told", async () => {
  const debug = { modules: "/no/such", gdbScripts: undefined };
  const decoded = await decodeStack(["a+0x1/0x2 [m]"], { ...guest, debug });
  expect(decoded).toEqual({ failed: expect.stringContaining("/no/such") });
});

test("a symbol table that cannot be read is told beside what the script has decoded", async () => {
  script('sed "s/^f+.*/f (x.c:1)/"');
  rmSync(join(directory, "tools/readelf"));
  expect(await decodeStack(["f+0x1/0x2"], guest)).toMatchObject({
    lines: ["f (x.c:1)"],
    warnings: [
      expect.stringMatching(/^WARNING! functions whose name stands twice were not looked up/),
    ],
  });
});

test.each([
  ["what it said first", "echo no nm >&2; echo more >&2; exit 3", "no nm"],
  ["how it ended", "exit 3", "Command failed with exit code 3"],
])("a script that fails is told with %s", async (_what, text, told) => {
  script(text);
  const failed = expect.stringMatching(`^${guest.facts.decodeScript}: ${told}`);
  expect(await decodeStack(["f+0x1/0x2"], guest)).toEqual({ failed });
  // What of modules was gathered for it is gone.
  expect(readdirSync(directory).filter((name) => name.startsWith("decode-"))).toEqual([]);
});

test("a function whose name stands twice is where its address says, by a path from the top of either tree", async () => {
  script('sed "s/f+[^ ]*/f (wrong.c:1)/"');
  const symbol = (address: number, size: number, name: string) =>
    `1: ${address} ${size} FUNC LOCAL DEFAULT 1 ${name}`;
  playBinutils(join(directory, "tools"), {
    symbols: {
      vmlinux: [symbol(1000, 16, "f"), symbol(2000, 99, "f"), symbol(3000, 16, "kernel_init")],
      // Of a module functions of the same name are elsewhere.
      "m.ko": [symbol(10, 99, "f"), symbol(50, 16, "f")],
    },
    places: {
      "vmlinux 1001": ["/gone/linux/drivers/a.c:7"],
      "vmlinux 3000": ["/other/linux/init/main.c:9"],
      "m.ko 50": ["/other/linux/drivers/m.c:5"],
    },
  });
  writeFileSync(join(directory, "ours/m.ko"), "");
  const trace = [
    "pc : f+0x1/0x10",
    "Code: f+0x1/0x10",
    "about f+0x1/0x10",
    " f+0x1/0x10 [m]",
    " f+0x1/0x10 [gone]",
  ];
  expect(await decodeStack(trace, guest)).toMatchObject({
    lines: [
      "pc : f (drivers/a.c:7)",
      "about f (wrong.c:1)",
      " f (drivers/m.c:5) [m]",
      " f (wrong.c:1) [gone]",
    ],
    left: [],
  });
});
