// SPDX-License-Identifier: MIT
//
// The project's kernel modules (guest-images/modules, one directory each), built against a guest's kernel.

import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import type { BuiltKernel } from "./kernel.ts";
import { type Lack, makeArguments } from "./kernel-build.ts";
import type { Kind, Result } from "./kind.ts";
import { blamedModule } from "./module-blame.ts";
import { isLeftover, type Snapshot, snapshotInput, writeSnapshot } from "./snapshot.ts";
import type { Step } from "./step.ts";

/** Build switches of the modules, as the kernel's own Kconfig would set them. */
const SWITCHES = ["CONFIG_NTB_TRANSPORT_EDMA=y"];

/** In the result: which modules this kernel cannot have, and why. */
const LEFT_OUT = "left-out.json";

export interface ModuleInputs {
  readonly sources: Snapshot;
  readonly kernel: BuiltKernel;
  /** Modules that are not to be built for this kernel. */
  readonly unwanted: readonly Lack[];
}

/**
 * All modules, built in one go, so that one may use what another exports: a directory of .ko files without debug
 * information. For another kernel than the one they were written for, those that do not build are left out.
 */
export const modulesKind: Kind<ModuleInputs> = {
  name: "modules",
  title: "Build the project's kernel modules",
  inputs: ({ sources, kernel, unwanted }) => [
    kernel.key,
    SWITCHES,
    snapshotInput(sources),
    ...(unwanted.length > 0 ? [unwanted.map(({ name, reason }) => [name, reason])] : []),
  ],
  make: (cache, inputs, into, step) =>
    cache.withTree(`modules-of-${inputs.kernel.tree}`, step, async (tree) => {
      const { modules, leftOut } = await build(inputs, tree, step);
      await mkdir(into, { recursive: true });
      const { crossPrefix, llvm } = inputs.kernel.inputs.compilers;
      const strip = llvm ? "llvm-strip" : `${crossPrefix}strip`;
      for (const path of modules) {
        const target = join(into, basename(path));
        await copyFile(path, target);
        await step.run(strip, ["--strip-debug", target]);
      }
      if (leftOut.length > 0) await writeFile(join(into, LEFT_OUT), JSON.stringify(leftOut));
    }),
};

/** What a result of this kind has not, and why. */
export async function leftOutOf({ directory }: Result): Promise<Lack[]> {
  const text = await readFile(join(directory, LEFT_OUT), "utf8").catch(() => "[]");
  return JSON.parse(text) as Lack[];
}

/** Paths of the .ko files, and what had to be left out. */
async function build(
  { kernel, sources, unwanted }: ModuleInputs,
  tree: string,
  step: Step,
): Promise<{ modules: string[]; leftOut: Lack[] }> {
  const leftOut = [...unwanted];
  for (;;) {
    const wanted = sources.filter(({ path }) => !leftOut.some(({ name }) => name === homeOf(path)));
    const names = [...new Set(wanted.map(({ path }) => homeOf(path)))];
    await writeSnapshot(wanted, tree, (path) => !isLeftover(path));
    await writeFile(join(tree, "Kbuild"), names.map((name) => `obj-m += ${name}/\n`).join(""));
    const make = makeArguments(kernel.inputs, kernel.artifacts.buildDir);
    const options = [`-j${availableParallelism()}`, `M=${tree}`, ...SWITCHES];
    const output: string[] = [];
    try {
      const onLine = (line: string) => output.push(line);
      await step.run("make", [...make, ...options, "modules"], { onLine });
      return { modules: await builtModules(tree, names), leftOut };
    } catch (error) {
      step.signal.throwIfAborted();
      const { strict } = kernel.inputs.source;
      const blamed = strict ? undefined : blamedModule(output, names);
      if (blamed === undefined) throw error;
      step.say(`${blamed.name} is left out: ${blamed.reason}`);
      leftOut.push(blamed);
    }
  }
}

/** Not what an earlier build of more modules left in the tree. */
async function builtModules(tree: string, names: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const name of names) {
    const built = (await readdir(join(tree, name))).filter((file) => file.endsWith(".ko"));
    if (built.length === 0) throw new Error(`the build of ${name} left no .ko file in ${tree}`);
    paths.push(...built.map((file) => join(tree, name, file)));
  }
  return paths;
}

/** The directory that a module's source file belongs to. */
function homeOf(path: string): string {
  return path.split("/", 1)[0] ?? "";
}
