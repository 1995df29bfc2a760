// SPDX-License-Identifier: MIT
//
// The project's kernel modules (guest-images/modules, one directory each), built against the guests' kernel.

import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Compilers } from "./compilers.ts";
import { type BuiltKernel, makeArguments } from "./kernel.ts";
import type { Kind } from "./kind.ts";
import { isLeftover, type Snapshot, snapshotInput, writeSnapshot } from "./snapshot.ts";
import type { Step } from "./step.ts";

/** Build switches of the modules, as the kernel's own Kconfig would set them. */
const SWITCHES = ["CONFIG_NTB_TRANSPORT_EDMA=y"];

export interface ModuleInputs {
  readonly sources: Snapshot;
  readonly kernel: BuiltKernel;
  readonly compilers: Compilers;
}

/** All modules, built in one go, so that one may use what another exports: a directory of .ko files without debug information. */
export const modulesKind: Kind<ModuleInputs> = {
  name: "modules",
  title: "Build the project's kernel modules",
  inputs: ({ sources, kernel }) => [kernel.key, SWITCHES, snapshotInput(sources)],
  make: (cache, { sources, kernel, compilers }, into, step) =>
    cache.withTree(`modules-of-${kernel.tree}`, step, async (tree) => {
      await writeSnapshot(sources, tree, (path) => !isLeftover(path));
      const names = [...new Set(sources.map(({ path }) => path.split("/")[0]))];
      await writeFile(join(tree, "Kbuild"), names.map((name) => `obj-m += ${name}/\n`).join(""));
      const { sourceDir, buildDir } = kernel.artifacts;
      const make = makeArguments(sourceDir, buildDir, compilers, kernel.compilerFlags);
      await step.run("make", [...make, `M=${tree}`, ...SWITCHES, "modules"]);
      await installStripped(tree, into, compilers, step);
    }),
};

async function installStripped(
  tree: string,
  into: string,
  compilers: Compilers,
  step: Step,
): Promise<void> {
  const built = (await readdir(tree, { recursive: true })).filter((path) => path.endsWith(".ko"));
  if (built.length === 0) throw new Error(`the modules' build left no .ko file in ${tree}`);
  await mkdir(into, { recursive: true });
  for (const path of built) {
    const target = join(into, basename(path));
    await copyFile(join(tree, path), target);
    await step.run(`${compilers.crossPrefix}strip`, ["--strip-debug", target]);
  }
}
