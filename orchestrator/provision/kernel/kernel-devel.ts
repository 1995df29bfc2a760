// SPDX-License-Identifier: MIT
//
// What modules are built against, as distributions pack it beside a kernel: headers, makefiles and the build's own programs. It
// is kept in the cache for whoever has the kernel without its trees: a change in a module does not build the kernel again.

import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { architectureNames } from "../../guest-architectures.ts";
import type { Cache } from "../cache/cache.ts";
import type { Kind, Result } from "../cache/product.ts";
import { exists } from "../work/files.ts";
import type { Task } from "../work/task.ts";
import type { BuiltKernel } from "./kernel.ts";

/** A tree's archive: what goes along, and what does not. */
interface Archived {
  readonly archive: string;
  readonly parts: readonly string[];
  readonly but: readonly string[];
}

const SOURCE_ARCHIVE = "source.tar";
const BUILD_ARCHIVE = "build.tar";

/** Of the source and of the build tree. */
function archived({ inputs }: BuiltKernel): {
  readonly source: Archived;
  readonly build: Archived;
} {
  const { architecture } = inputs.compilers;
  const home = `arch/${architectureNames[architecture].directory}`;
  const checker = architecture === "arm64" ? [] : OBJTOOL;
  return {
    source: {
      archive: SOURCE_ARCHIVE,
      parts: ["Makefile", "include", "scripts", home, ...checker],
      but: [`${home}/boot/dts`, `${home}/*.[cS]`, "*.rs"],
    },
    build: {
      archive: BUILD_ARCHIVE,
      parts: [
        ...[".config", "Module.symvers", "include", "scripts", `${home}/include`],
        ...checker,
      ],
      but: ["*.o", "*.a", "*.cmd"],
    },
  };
}

/** What x86's modules are checked with, too. */
const OBJTOOL = ["tools/objtool"];

/** Where modules are built against. */
export interface DevelopmentTrees {
  readonly source: string;
  readonly build: string;
}

export const kernelDevelKind: Kind<BuiltKernel> = {
  name: "kernel-devel",
  title: "Keep what modules are built against",
  inputs: (kernel) => {
    const { source, build } = archived(kernel);
    return [kernel.key, { ...source }, { ...build }];
  },
  make: (cache, kernel, into, task) =>
    cache.withTree(kernel.tree, task, async (build) => {
      const parts = archived(kernel);
      await pack(parts.source, kernel.inputs.source.directory, into, task);
      await pack(parts.build, build, into, task);
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
      [SOURCE_ARCHIVE, "source"],
      [BUILD_ARCHIVE, "build"],
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
  { archive, parts, but }: Archived,
  from: string,
  into: string,
  task: Task,
): Promise<void> {
  const exclude = but.map((pattern) => `--exclude=${pattern}`);
  const to = ["--create", "--file", join(into, archive), "--directory", from];
  await task.run("tar", [...exclude, ...to, "--sort=name", ...parts]);
}
