// SPDX-License-Identifier: MIT
//
// What make does for a kernel: configure by fragments, build out of tree, install into a directory of results.

import { copyFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import type { Lack } from "../../artifacts.ts";
import { UsageError } from "../../errors.ts";
import { architectureNames } from "../../guest-architectures.ts";
import { cacheKey, sha256 } from "../cache/cache-key.ts";
import type { KernelTree } from "../trees/kernel-source.ts";
import type { Task } from "../work/task.ts";
import type { Compilers } from "./compilers.ts";
import type { Fragment } from "./fragments.ts";
import {
  type ConfigWish,
  describeDropped,
  findDropped,
  mergeWishes,
  parseFragment,
  renderWishes,
  underFormerNames,
} from "./kernel-config.ts";

/** Line tables only: enough to decode a stack trace, without the cost of full debug information. */
const LINE_TABLES = "-g1";

/** In a build tree: the settings that it was configured by, which make knows nothing of. */
export const WISHES = "wishes.config";

/** In a directory of results: what QEMU boots. */
export const INSTALLED_IMAGE = "Image";

export interface KernelInputs {
  readonly source: KernelTree;
  /** Fragments in order of increasing precedence. */
  readonly fragments: readonly Fragment[];
  readonly compilers: Compilers;
}

/** Arguments with which every call of make on this kernel begins. */
export function makeArguments(inputs: KernelInputs, build: string): string[] {
  const { source, compilers } = inputs;
  const { launcher, compiler, crossPrefix, architecture } = compilers;
  const { make } = architectureNames[architecture];
  const cc = launcher === undefined ? [] : [`CC=${launcher} ${compiler}`];
  return [
    ...["-C", source.directory, `O=${build}`, `ARCH=${make}`, `CROSS_COMPILE=${crossPrefix}`],
    ...(compilers.llvm === undefined ? [] : [`LLVM=${compilers.llvm}`]),
    ...[...cc, `KCFLAGS=${compilerFlags(inputs)}`],
    // Without it the release of a git tree would change with every commit, and all modules with it.
    ...(source.fixed === undefined ? ["LOCALVERSION="] : []),
    ...["KBUILD_BUILD_USER=lab", "KBUILD_BUILD_HOST=ntb-edma-lab"],
  ];
}

/**
 * Configures and builds, as far as that has not been done.
 *
 * @throws UsageError naming every symbol of a person's own fragment that the final .config does not hold.
 * @throws Error naming every one of the project's that it cannot do without.
 */
export async function compileKernel(
  inputs: KernelInputs,
  build: string,
  task: Task,
): Promise<void> {
  const make = makeArguments(inputs, build);
  const wishes = { file: join(build, WISHES), text: renderedWishes(inputs) };
  if (!(await isConfigured(inputs.source.directory, build, wishes))) {
    await configure(inputs, build, wishes, task);
  }
  const config = await readFile(join(build, ".config"), "utf8");
  try {
    for (const { name, reason } of lacksOf(inputs, config)) task.say(`${name}: ${reason}`);
  } catch (error) {
    // Whatever is put right then, in the tree or on the machine: the next run configures again.
    await rm(wishes.file);
    throw error;
  }
  const jobs = `-j${availableParallelism()}`;
  const { image } = architectureNames[inputs.compilers.architecture];
  const scripts = /^CONFIG_GDB_SCRIPTS=y$/m.test(config) ? ["scripts_gdb"] : [];
  await task.run("make", [...make, jobs, image, "vmlinux", "modules", ...scripts]);
}

/** The file of wishes stays as it is: it says what the .config was made from. */
async function configure(
  inputs: KernelInputs,
  build: string,
  { file, text }: { readonly file: string; readonly text: string },
  task: Task,
): Promise<void> {
  const run = (path: string) =>
    task.run("make", [...makeArguments(inputs, build), `KCONFIG_ALLCONFIG=${path}`, "allnoconfig"]);
  await writeFile(file, text);
  await run(file);
  const config = await readFile(join(build, ".config"), "utf8");
  const former = underFormerNames(findDropped(parseWishes(inputs), config));
  if (former.length === 0) return;
  const other = `${file}.former`;
  await writeFile(other, text + renderWishes(former));
  await run(other);
}

/** Puts what runs need into the directory `into`. */
export async function installKernel(
  inputs: KernelInputs,
  build: string,
  into: string,
  task: Task,
): Promise<void> {
  const make = makeArguments(inputs, build);
  const release = await releaseOf(build);
  // depmod runs later, when the project's modules are in place.
  const install = [`INSTALL_MOD_PATH=${into}`, "INSTALL_MOD_STRIP=1", "DEPMOD=true"];
  await task.run("make", [...make, ...install, "modules_install"]);
  await rm(join(into, "lib/modules", release, "build"), { force: true });
  await copyFile(join(build, imageOf(inputs)), join(into, INSTALLED_IMAGE));
  await copyFile(join(build, "vmlinux"), join(into, "vmlinux"));
  await copyFile(join(build, ".config"), join(into, "config"));
  await writeFile(join(into, "release"), release);
}

/** Where make leaves what QEMU boots, from the top of the build tree. */
function imageOf({ compilers }: KernelInputs): string {
  const { directory, image } = architectureNames[compilers.architecture];
  return `arch/${directory}/boot/${image}`;
}

/** Files of the tree's own modules, from the top of the build tree. */
export async function treeModules(build: string): Promise<string[]> {
  const order = await readFile(join(build, "modules.order"), "utf8");
  const lines = order.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.replace(/\.o$/, ".ko"));
}

/** Fingerprint of what a build has made. The image holds the linker's hash of the whole vmlinux. */
export async function builtIdentity(inputs: KernelInputs, build: string): Promise<string> {
  const modules = await treeModules(build);
  const files = [imageOf(inputs), ".config", "Module.symvers", ...modules];
  const hashes = files.map(async (path) => [path, sha256(await readFile(join(build, path)))]);
  return cacheKey([await releaseOf(build), ...(await Promise.all(hashes))]);
}

/**
 * What was asked for and is not in the final .config, as far as one can do without.
 *
 * @throws UsageError and Error as compileKernel does.
 */
export function lacksOf(inputs: KernelInputs, finalConfig: string): Lack[] {
  const dropped = findDropped(parseWishes(inputs), finalConfig);
  const given = dropped.filter((wish) => wish.given);
  if (given.length > 0) {
    throw new UsageError(
      `--config-fragment: this kernel (${inputs.source.origin}) does not take:\n${describeDropped(given)}\n` +
        "A symbol is dropped when the tree does not have it, or when something it depends on is not set.",
    );
  }
  const needed = dropped.filter((wish) => inputs.source.strict || wish.optional === undefined);
  if (needed.length > 0) {
    throw new Error(
      `the kernel's configuration does not hold all that was asked for:\n${describeDropped(needed)}`,
    );
  }
  return dropped.map(({ symbol, value, optional = "" }) => ({
    name: symbol,
    reason: `this kernel does not take ${symbol}=${value}, which is there for ${optional}`,
  }));
}

/** Line tables, unless a fragment asks for the kernel's own debug information, which they would override. */
export function compilerFlags(inputs: KernelInputs): string {
  const asks = ({ symbol, value }: ConfigWish) =>
    symbol === "CONFIG_DEBUG_INFO_NONE" && value === "n";
  return parseWishes(inputs).some(asks) ? "" : LINE_TABLES;
}

/** All that decides a kernel beside its source; the compiler's name and the settings say what it is for. */
export function settingsOf(inputs: KernelInputs): string[] {
  return [renderedWishes(inputs), inputs.compilers.kernel, compilerFlags(inputs)];
}

/** All settings that are asked for, as a file for make. */
export function renderedWishes(inputs: KernelInputs): string {
  return renderWishes(parseWishes(inputs));
}

function parseWishes({ fragments }: KernelInputs): ConfigWish[] {
  return mergeWishes(
    fragments.map(({ name, text, given }) =>
      parseFragment(name, text).map((wish) => ({ ...wish, given })),
    ),
  );
}

async function releaseOf(build: string): Promise<string> {
  return (await readFile(join(build, "include/config/kernel.release"), "utf8")).trim();
}

/** Whether the .config was made from these wishes and from the Kconfig files as they are now. */
async function isConfigured(
  source: string,
  build: string,
  wishes: { readonly file: string; readonly text: string },
): Promise<boolean> {
  if ((await readFile(wishes.file, "utf8").catch(() => undefined)) !== wishes.text) return false;
  const command = await readFile(join(build, "include/config/auto.conf.cmd"), "utf8").catch(
    () => "",
  );
  const sources = command.match(/^\s+\S*Kconfig\S*/gm)?.map((line) => line.trim()) ?? [];
  if (sources.length === 0) return false;
  const made = await stat(join(build, "include/config/auto.conf")).catch(() => undefined);
  if (made === undefined) return false;
  const times = sources.map(async (path) => {
    const status = await stat(resolve(source, path)).catch(() => undefined);
    return status?.mtimeMs ?? Number.POSITIVE_INFINITY;
  });
  return Math.max(...(await Promise.all(times))) <= made.mtimeMs;
}
