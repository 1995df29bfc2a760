// SPDX-License-Identifier: MIT
//
// The project's kernel modules (guest-images/modules, one directory each), built against a guest's kernel.

import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import type { Lack } from "../../artifacts.ts";
import type { Cache } from "../cache/cache.ts";
import type { Kind, Result } from "../cache/product.ts";
import { isLeftover, type Snapshot, snapshotInput, writeSnapshot } from "../cache/snapshot.ts";
import { readIfThere } from "../work/files.ts";
import type { Task } from "../work/task.ts";
import { llvmTool } from "./compilers.ts";
import { type BuiltKernel, hasTrees } from "./kernel.ts";
import { makeArguments } from "./kernel-build.ts";
import { unpackDevel } from "./kernel-devel.ts";
import { blamedModule } from "./module-blame.ts";
import { moduleTrees } from "./module-trees.ts";

/** Build switches of the modules, as the kernel's own Kconfig would set them. */
const SWITCHES = ["CONFIG_NTB_TRANSPORT_EDMA=y"];

/** A module that is built in other forms as well: by these switches, into directories of these names in the result. */
const MODULE_OF_FORMS = "ntb_transport";
const FORMS: Readonly<Record<string, readonly string[]>> = {
  /** As a kernel without CONFIG_NTB_TRANSPORT_EDMA would build it. */
  "without-edma": [],
  /** One that tells ntb_stall of the points where races are decided. */
  held: ["NTB_TRANSPORT_HELD=y"],
};
export const formNames: readonly string[] = Object.keys(FORMS);

/** In the result: the same modules with their debug information, for decoding stack traces. */
const DEBUG = "debug";

/** In a tree in which modules are built: the settings of the kernel that they were built for, hashed. */
const SETTINGS = ".settings";

/** In the result: which modules do not build for this kernel, and why. */
const LEFT_OUT = "left-out.json";

export interface ModuleInputs {
  readonly sources: Snapshot;
  readonly kernel: BuiltKernel;
  /** Modules that are not to be built for this kernel, as its tree has better ones. */
  readonly unwanted: readonly Lack[];
  /** What they are built against where the kernel's trees have gone; those of a live tree are there. */
  readonly devel: Result | undefined;
}

/**
 * All modules, built in one go, so that one may use what another exports: a directory of .ko files without debug
 * information, which lies in a directory below; and ntb_transport in its other forms. For another kernel than the one they were written for, those that do not build are left out.
 */
export const modulesKind: Kind<ModuleInputs> = {
  name: "modules",
  title: "Build the project's kernel modules",
  inputs: ({ sources, kernel, unwanted }) => [
    kernel.key,
    [...SWITCHES, ...Object.entries(FORMS).flat(2), DEBUG, SETTINGS],
    snapshotInput(sources),
    ...(unwanted.length > 0 ? [unwanted.map(({ name, reason }) => [name, reason])] : []),
  ],
  make: async (cache, inputs, into, task) => {
    const [ours, forms] = moduleTrees(inputs.kernel.tree);
    const make = await makeFor(cache, inputs, task);
    const leftOut = await cache.withTree(ours, task, async (directory) => {
      const { modules, leftOut } = await build(inputs, make, directory, SWITCHES, task);
      await install(modules, into, inputs.kernel, task);
      await mkdir(join(into, DEBUG));
      for (const path of modules) await copyFile(path, join(into, DEBUG, basename(path)));
      return leftOut;
    });
    if (leftOut.length > 0) await writeFile(join(into, LEFT_OUT), JSON.stringify(leftOut));
    const sources = inputs.sources.filter(({ path }) => homeOf(path) === MODULE_OF_FORMS);
    const absent = [...inputs.unwanted, ...leftOut].some(({ name }) => name === MODULE_OF_FORMS);
    if (sources.length === 0 || absent) return;
    await cache.withTree(forms, task, async (directory) => {
      for (const [name, switches] of Object.entries(FORMS)) {
        const { modules } = await build({ ...inputs, sources }, make, directory, switches, task);
        await install(modules, join(into, name), inputs.kernel, task);
      }
    });
  },
};

async function install(
  modules: readonly string[],
  into: string,
  kernel: BuiltKernel,
  task: Task,
): Promise<void> {
  await mkdir(into, { recursive: true });
  const { crossPrefix, llvm } = kernel.inputs.compilers;
  const strip = llvm === undefined ? `${crossPrefix}strip` : llvmTool("llvm-strip", llvm);
  for (const path of modules) {
    const target = join(into, basename(path));
    await copyFile(path, target);
    await task.run(strip, ["--strip-debug", target]);
  }
}

/** Directory of the modules with debug information. */
export function debugModulesOf({ directory }: Result): string {
  return join(directory, DEBUG);
}

/** What a result of this kind has not, and why. */
export async function leftOutOf({ directory }: Result): Promise<Lack[]> {
  return JSON.parse((await readIfThere(join(directory, LEFT_OUT))) ?? "[]") as Lack[];
}

/** Arguments of make: against the kernel's own trees, or what is kept of them. */
async function makeFor(
  cache: Cache,
  { kernel, devel }: ModuleInputs,
  task: Task,
): Promise<string[]> {
  const { inputs, artifacts } = kernel;
  if (devel === undefined || (await hasTrees(kernel)))
    return makeArguments(inputs, artifacts.buildDir);
  const { source, build } = await unpackDevel(cache, kernel, devel, task);
  return makeArguments({ ...inputs, source: { ...inputs.source, directory: source } }, build);
}

/** Paths of the .ko files, and what had to be left out. */
async function build(
  { kernel, sources, unwanted }: ModuleInputs,
  make: readonly string[],
  tree: string,
  switches: readonly string[],
  task: Task,
): Promise<{ modules: string[]; leftOut: Lack[] }> {
  await keepOfSameSettings(kernel, tree, task);
  for (const { name, reason } of unwanted) task.say(`${name} is left out: ${reason}`);
  const leftOut: Lack[] = [];
  for (;;) {
    const absent = new Set([...unwanted, ...leftOut].map(({ name }) => name));
    const wanted = sources.filter(({ path }) => !absent.has(homeOf(path)));
    const names = [...new Set(wanted.map(({ path }) => homeOf(path)))];
    await writeSnapshot(wanted, tree, (path) => !isLeftover(path));
    await writeFile(join(tree, "Kbuild"), names.map((name) => `obj-m += ${name}/\n`).join(""));
    const options = [`-j${availableParallelism()}`, `M=${tree}`, ...switches];
    const output: string[] = [];
    try {
      const onLine = (line: string) => output.push(line);
      await task.run("make", [...make, ...options, "modules"], { onLine });
      return { modules: await builtModules(tree, names), leftOut };
    } catch (error) {
      task.signal.throwIfAborted();
      const { strict } = kernel.inputs.source;
      const blamed = strict ? undefined : blamedModule(output, names);
      if (blamed === undefined) throw error;
      task.say(`${blamed.name} is left out: ${blamed.reason}`);
      leftOut.push(blamed);
    }
  }
}

/**
 * Leaves nothing in the tree that was compiled with other settings. Make would: it looks for the settings that a file
 * depends on (include/config/, written by scripts/basic/fixdep.c) below the directory that it is in, where modules outside of the
 * kernel's tree have none. Structures then differ from the kernel's without a word.
 */
async function keepOfSameSettings(kernel: BuiltKernel, tree: string, task: Task): Promise<void> {
  const record = join(tree, SETTINGS);
  const { configHash } = kernel.artifacts;
  const former = await readIfThere(record);
  if (former === configHash) return;
  if (former !== undefined) task.say("the kernel has other settings: all modules are compiled");
  await rm(tree, { recursive: true, force: true });
  await mkdir(tree, { recursive: true });
  await writeFile(record, configHash);
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
