// SPDX-License-Identifier: MIT
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../cache/cache.ts";
import { makeResult } from "../cache/product.ts";
import { runTask } from "../work/task.ts";
import type { BuiltKernel } from "./kernel.ts";
import { kernelDebugKind, kernelDebugOf } from "./kernel-debug.ts";

let root: string;
let cache: Cache;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kernel-debug-test-"));
  cache = new Cache(root);
  write("modules.order", "drivers/ntb/ntb.o\ndrivers/pci/pci-epf-vntb.o\n");
  write("drivers/ntb/ntb.ko", "ntb");
  write("drivers/pci/pci-epf-vntb.ko", "vntb");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  const file = join(cache.treePath("kernel-tree"), path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function made() {
  const kernel = { key: "k", tree: "kernel-tree" } as unknown as BuiltKernel;
  const environment = { signal: new AbortController().signal, progress: () => {} };
  const result = await runTask(environment, { id: "debug", title: "" }, undefined, (task) =>
    makeResult(cache, kernelDebugKind, kernel, task),
  );
  rmSync(join(root, "trees"), { recursive: true });
  return kernelDebugOf(result);
}

test("modules with their debug information stay when the build tree goes", async () => {
  const { modules, gdbScripts } = await made();
  expect(readdirSync(modules).sort()).toEqual(["ntb.ko", "pci-epf-vntb.ko"]);
  expect(gdbScripts).toBeUndefined();
});

test("so do scripts for gdb, and those that are links into the source", async () => {
  const source = join(root, "trees/source");
  mkdirSync(source);
  writeFileSync(join(source, "lists.py"), "lists");
  writeFileSync(join(source, "vmlinux-gdb.py"), "import lists");
  write("scripts/gdb/linux/constants.py", "LX_X = 1");
  symlinkSync(
    join(source, "lists.py"),
    join(cache.treePath("kernel-tree"), "scripts/gdb/linux/lists.py"),
  );
  symlinkSync(
    join(source, "vmlinux-gdb.py"),
    join(cache.treePath("kernel-tree"), "vmlinux-gdb.py"),
  );
  const { gdbScripts = "" } = await made();
  expect(readFileSync(gdbScripts, "utf8")).toBe("import lists");
  for (const name of ["constants.py", "lists.py"]) {
    expect(existsSync(join(dirname(gdbScripts), "scripts/gdb/linux", name))).toBe(true);
  }
});

test("a build without its list of modules is an error, and not one without modules", async () => {
  rmSync(join(cache.treePath("kernel-tree"), "modules.order"));
  await expect(made()).rejects.toThrow("ENOENT");
});
