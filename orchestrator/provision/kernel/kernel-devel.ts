// SPDX-License-Identifier: MIT
//
// What modules are built against, as distributions pack it beside a kernel: headers, makefiles and the build's own programs. It
// is kept in the cache for whoever has the kernel without its trees: a change in a module does not build the kernel again.

import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cache } from "../cache/cache.ts";
import type { Kind, Result } from "../cache/product.ts";
import { exists } from "../work/files.ts";
import type { Task } from "../work/task.ts";
import type { BuiltKernel } from "./kernel.ts";

/** Of the source and of the build tree: what goes along, and what does not. */
const SOURCE = {
  archive: "source.tar",
  parts: ["Makefile", "include", "scripts", "arch/arm64"],
  but: ["arch/arm64/boot/dts", "arch/arm64/*.[cS]", "*.rs"],
};
const BUILD = {
  archive: "build.tar",
  parts: [".config", "Module.symvers", "include", "scripts", "arch/arm64/include"],
  but: ["*.o", "*.a", "*.cmd"],
};

/** Where modules are built against. */
export interface DevelopmentTrees {
  readonly source: string;
  readonly build: string;
}

export const kernelDevelKind: Kind<BuiltKernel> = {
  name: "kernel-devel",
  title: "Keep what modules are built against",
  inputs: ({ key }) => [key, SOURCE, BUILD],
  make: (cache, kernel, into, task) =>
    cache.withTree(kernel.tree, task, async (build) => {
      await pack(SOURCE, kernel.inputs.source.directory, into, task);
      await pack(BUILD, build, into, task);
    }),
};

/** Name of the tree in the cache in which it lies unpacked, by the name of the kernel's own. */
export function develTree(kernelTree: string): string {
  return `devel-of-${kernelTree}`;
}

/** Unpacks it, as far as that has not been done. */
export async function unpackDevel(
  cache: Cache,
  kernel: BuiltKernel,
  { directory }: Result,
  task: Task,
): Promise<DevelopmentTrees> {
  return cache.withTree(develTree(kernel.tree), task, async (tree) => {
    const [source, build] = [join(tree, "source"), join(tree, "build")];
    if (await exists(tree)) return { source, build };
    const unpacking = `${tree}.unpacking`;
    await rm(unpacking, { recursive: true, force: true });
    for (const [archive, name] of [
      [SOURCE.archive, "source"],
      [BUILD.archive, "build"],
    ] as const) {
      const into = join(unpacking, name);
      await mkdir(into, { recursive: true });
      await task.run("tar", ["--extract", "--file", join(directory, archive), "--directory", into]);
    }
    await rename(unpacking, tree);
    return { source, build };
  });
}

async function pack(
  { archive, parts, but }: typeof SOURCE,
  from: string,
  into: string,
  task: Task,
): Promise<void> {
  const exclude = but.map((pattern) => `--exclude=${pattern}`);
  const to = ["--create", "--file", join(into, archive), "--directory", from];
  await task.run("tar", [...exclude, ...to, "--sort=name", ...parts]);
}
