// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { GuestArchitecture } from "../../guest-architectures.ts";
import { headersIdentity } from "./headers.ts";
import type { KernelInputs } from "./kernel-build.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "headers-test-"));
  for (const path of ["include/linux/ntb.h", "include/ntb.h", "arch/arm64/include/asm/io.h"]) {
    write(path, "one");
  }
  write("arch/x86/include/asm/io.h", "one");
  write("drivers/ntb/ntb.h", "one");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const identity = (architecture: GuestArchitecture = "arm64") =>
  headersIdentity({
    ...{ source: { directory: root }, compilers: { architecture } },
  } as unknown as KernelInputs);

test.each<[string, () => void]>([
  ["is another one", () => write("include/linux/ntb.h", "two")],
  ["of the architecture is", () => write("arch/arm64/include/asm/io.h", "two")],
  ["is new", () => write("include/new.h", "")],
  ["has gone", () => rmSync(join(root, "include/ntb.h"))],
  ["has moved", () => renameSync(join(root, "include/ntb.h"), join(root, "include/linux/n.h"))],
  [
    "holds what stood at the beginning of the next",
    () => {
      write("include/linux/ntb.h", "on");
      write("include/ntb.h", "eone");
    },
  ],
])("modules are built with other headers where one %s", (_what, change) => {
  const before = identity();
  change();
  expect(identity()).not.toBe(before);
});

test("a link is what it leads to, and one that leads nowhere is none", () => {
  symlinkSync("../../drivers/ntb/ntb.h", join(root, "include/linux/link.h"));
  symlinkSync("nowhere", join(root, "include/linux/lost.h"));
  const before = identity();
  write("drivers/ntb/ntb.h", "two");
  expect(identity()).not.toBe(before);
});

test("nothing else is looked at, nor what is of another kind of machine", () => {
  const before = identity();
  write("drivers/ntb/ntb.h", "two");
  write("arch/x86/include/asm/io.h", "two");
  mkdirSync(join(root, "include/empty.h"));
  expect(identity()).toBe(before);
  expect(identity("x86-64")).not.toBe(before);
  rmSync(join(root, "arch"), { recursive: true });
  expect(identity("x86-64")).toBe(identity());
});
