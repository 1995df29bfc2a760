// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { GuestArchitecture } from "../../guest-architectures.ts";
import { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import { makeResult } from "../cache/product.ts";
import { runTask, type Task } from "../work/task.ts";
import type { BuiltKernel } from "./kernel.ts";
import { develTree, kernelDevelKind, unpackDevel } from "./kernel-devel.ts";

let root: string;
let cache: Cache;
let kernel: BuiltKernel;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kernel-devel-test-"));
  cache = new Cache(root);
  kernel = kernelOf("arm64");
  const source = [
    ...["Makefile", "include/linux/ntb.h", "scripts/module-common.c", "scripts/dtc/x.h"],
    ...["arch/arm64/Makefile", "arch/arm64/include/asm/a.h", "arch/arm64/kernel/a.c"],
    ...["arch/arm64/kernel/vdso/v.S", "arch/arm64/boot/dts/b.dts", "drivers/ntb/ntb.c"],
  ];
  const build = [
    ...[".config", "Module.symvers", "include/generated/autoconf.h", "scripts/mod/modpost"],
    ...["scripts/mod/modpost.o", "scripts/mod/.modpost.cmd", "arch/arm64/include/generated/g.h"],
    ...["drivers/ntb/ntb.ko", "vmlinux"],
  ];
  write(join(root, "linux"), source);
  write(cache.treePath(kernel.tree), build);
});
afterEach(() => rmSync(root, { recursive: true }));

function kernelOf(architecture: GuestArchitecture, key = "k"): BuiltKernel {
  const inputs = { source: { directory: join(root, "linux") }, compilers: { architecture } };
  return { ...{ key, tree: "kernel-k" }, inputs } as BuiltKernel;
}

function write(directory: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), "");
  }
}

function inStep<Value>(work: (task: Task) => Promise<Value>): Promise<Value> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "devel", title: "" }, undefined, work);
}

const files = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

test("headers, makefiles and programs stay when the trees go, in the places that they had", async () => {
  const made = await inStep((task) => makeResult(cache, kernelDevelKind, kernel, task));
  rmSync(join(root, "linux"), { recursive: true });
  rmSync(cache.treePath(kernel.tree), { recursive: true });
  const trees = await inStep((task) => unpackDevel(cache, kernel, made, task));
  expect(files(trees.source)).toEqual([
    ...["Makefile", "arch/arm64/Makefile", "arch/arm64/include/asm/a.h", "include/linux/ntb.h"],
    ...["scripts/dtc/x.h", "scripts/module-common.c"],
  ]);
  expect(files(trees.build)).toEqual([
    ...[".config", "Module.symvers", "arch/arm64/include/generated/g.h"],
    ...["include/generated/autoconf.h", "scripts/mod/modpost"],
  ]);
});

test("unpacking that was cut off is begun again", async () => {
  const made = await inStep((task) => makeResult(cache, kernelDevelKind, kernel, task));
  write(`${cache.treePath(develTree(kernel.tree))}.unpacking`, ["source/rubbish"]);
  const { source } = await inStep((task) => unpackDevel(cache, kernel, made, task));
  expect(files(source)).not.toContain("rubbish");
  rmSync(made.directory, { recursive: true });
  // What is there need not be unpacked.
  expect(await inStep((task) => unpackDevel(cache, kernel, made, task))).toMatchObject({ source });
});

test("for a PC's kernel there is what its modules are checked with, too", async () => {
  kernel = kernelOf("x86-64");
  write(join(root, "linux"), ["arch/x86/Makefile", "tools/objtool/Makefile"]);
  write(cache.treePath(kernel.tree), ["arch/x86/include/g.h", "tools/objtool/objtool"]);
  const made = await inStep((task) => makeResult(cache, kernelDevelKind, kernel, task));
  const { source, build } = await inStep((task) => unpackDevel(cache, kernel, made, task));
  expect(files(source)).toEqual(
    expect.arrayContaining(["arch/x86/Makefile", "tools/objtool/Makefile"]),
  );
  expect(files(build)).toEqual(
    expect.arrayContaining(["arch/x86/include/g.h", "tools/objtool/objtool"]),
  );
  expect(files(source)).not.toContain("arch/arm64/Makefile");
});

test("what is kept of one kernel is not taken for another's", () => {
  const kernels = [kernel, kernelOf("arm64", "other"), kernelOf("x86-64")];
  const keys = kernels.map((one) => cacheKey(kernelDevelKind.inputs(one)));
  expect(new Set(keys).size).toBe(kernels.length);
});
