// SPDX-License-Identifier: MIT
//
// The guests' kernel: Debian's source, configured by fragments, built out of tree. The build tree stays in the cache for the
// project's modules and for debugging.

import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Archive, PinnedPackage } from "./apt.ts";
import type { KernelArtifacts } from "./artifacts.ts";
import type { Cache } from "./cache.ts";
import type { Compilers } from "./compilers.ts";
import { type Download, debPath, obtain } from "./downloads.ts";
import { exists } from "./files.ts";
import { fingerprint, sha256 } from "./fingerprint.ts";
import type { Fragment } from "./fragments.ts";
import {
  type ConfigWish,
  describeDropped,
  findDropped,
  mergeWishes,
  parseFragment,
  renderWishes,
} from "./kernel-config.ts";
import { kernelPins, readPin } from "./pins.ts";
import type { Step } from "./step.ts";

/** Line tables only: enough to decode a stack trace, without the cost of full debug information. */
const LINE_TABLES = "-g1";

export interface KernelInputs {
  /** Fragments in order of increasing precedence. */
  readonly fragments: readonly Fragment[];
  readonly compilers: Compilers;
}

/** A built kernel, and what else the cache keeps of it. */
export interface BuiltKernel {
  readonly artifacts: KernelArtifacts;
  /** Fingerprint of all that went in. */
  readonly key: string;
  /** Passed to every compilation, of modules too. */
  readonly compilerFlags: string;
  /** Directory that holds lib/modules/RELEASE with the tree's own modules. */
  readonly modules: string;
  /** Name of its build tree in the cache. */
  readonly tree: string;
}

/** The finished kernel, if the cache has it. */
export async function findKernel(
  cache: Cache,
  inputs: KernelInputs,
): Promise<BuiltKernel | undefined> {
  const pin = await readPin(cache, kernelPins);
  if (pin === undefined) return undefined;
  const key = kernelKey(pin, inputs);
  const directory = await cache.find("kernel", key);
  return directory === undefined ? undefined : describe(cache, pin, inputs, directory);
}

export function fetchKernel(
  cache: Cache,
  archive: Archive,
  step: Step,
): Promise<Download<PinnedPackage>> {
  return obtain(cache, archive, kernelPins, step, (pin, directory) =>
    archive.download(step, [pin], directory),
  );
}

/**
 * Configures and builds, as far as that has not been done.
 *
 * @throws Error naming every symbol that a fragment asks for and the final .config does not hold.
 */
export async function buildKernel(
  cache: Cache,
  download: Download<PinnedPackage>,
  inputs: KernelInputs,
  step: Step,
): Promise<BuiltKernel> {
  const { pin } = download;
  const source = await unpackSource(cache, download, step);
  const key = kernelKey(pin, inputs);
  const directory = await cache.produce("kernel", key, step, (into) =>
    cache.withTree(treeName(key), step, async (build) => {
      await mkdir(build, { recursive: true });
      const make = makeArguments(source, build, inputs.compilers, compilerFlags(inputs));
      await configure(build, make, inputs, step);
      const jobs = `-j${availableParallelism()}`;
      await step.run("make", [...make, jobs, "Image", "vmlinux", "modules"]);
      const release = (await readFile(join(build, "include/config/kernel.release"), "utf8")).trim();
      // depmod runs later, when the project's modules are in place.
      const install = [`INSTALL_MOD_PATH=${into}`, "INSTALL_MOD_STRIP=1", "DEPMOD=true"];
      await step.run("make", [...make, ...install, "modules_install"]);
      await rm(join(into, "lib/modules", release, "build"), { force: true });
      await copyFile(join(build, "arch/arm64/boot/Image"), join(into, "Image"));
      await copyFile(join(build, "vmlinux"), join(into, "vmlinux"));
      await copyFile(join(build, ".config"), join(into, "config"));
      await writeFile(join(into, "release"), release);
    }),
  );
  return describe(cache, pin, inputs, directory);
}

/** Arguments with which every call of make on this kernel begins. */
export function makeArguments(
  source: string,
  build: string,
  compilers: Compilers,
  compilerFlags: string,
): string[] {
  const compiler = `${compilers.crossPrefix}gcc`;
  const cc = compilers.launcher === undefined ? [] : [`CC=${compilers.launcher} ${compiler}`];
  return [
    ...["-C", source, `O=${build}`, "ARCH=arm64", `CROSS_COMPILE=${compilers.crossPrefix}`],
    ...[...cc, `KCFLAGS=${compilerFlags}`],
    ...["KBUILD_BUILD_USER=lab", "KBUILD_BUILD_HOST=ntb-edma-lab"],
  ];
}

/** The kernel's source, shared by all configurations, and never written to. */
async function unpackSource(
  cache: Cache,
  download: Download<PinnedPackage>,
  step: Step,
): Promise<string> {
  const { pin } = download;
  return cache.withTree(sourceTreeName(pin), step, async (tree) => {
    if (await exists(tree)) return tree;
    const unpacking = `${tree}.unpacking`;
    await rm(unpacking, { recursive: true, force: true });
    await mkdir(unpacking, { recursive: true });
    await step.run("dpkg-deb", ["--extract", debPath(download.directory, pin), unpacking]);
    const tarball = join(unpacking, "usr/src", `${pin.name}.tar.xz`);
    await step.run("tar", ["--extract", "--xz", "--file", tarball, "--directory", unpacking]);
    await rename(join(unpacking, pin.name), tree);
    await rm(unpacking, { recursive: true });
    return tree;
  });
}

async function configure(
  build: string,
  make: readonly string[],
  inputs: KernelInputs,
  step: Step,
): Promise<void> {
  const wishes = parseWishes(inputs);
  const wishFile = join(build, "wishes.config");
  await writeFile(wishFile, renderWishes(wishes));
  await step.run("make", [...make, `KCONFIG_ALLCONFIG=${wishFile}`, "allnoconfig"]);
  const dropped = findDropped(wishes, await readFile(join(build, ".config"), "utf8"));
  if (dropped.length > 0) {
    throw new Error(
      `the kernel's configuration does not hold all that was asked for:\n${describeDropped(dropped)}`,
    );
  }
}

function parseWishes({ fragments }: KernelInputs): ConfigWish[] {
  return mergeWishes(fragments.map(({ name, text }) => parseFragment(name, text)));
}

async function describe(
  cache: Cache,
  pin: PinnedPackage,
  inputs: KernelInputs,
  directory: string,
): Promise<BuiltKernel> {
  const key = kernelKey(pin, inputs);
  const config = join(directory, "config");
  return {
    key,
    compilerFlags: compilerFlags(inputs),
    modules: directory,
    tree: treeName(key),
    artifacts: {
      image: join(directory, "Image"),
      vmlinux: join(directory, "vmlinux"),
      release: await readFile(join(directory, "release"), "utf8"),
      origin: `Debian ${pin.version}`,
      configHash: sha256(await readFile(config)),
      config,
      buildDir: cache.treePath(treeName(key)),
      sourceDir: cache.treePath(sourceTreeName(pin)),
    },
  };
}

/** Line tables, unless a fragment asks for the kernel's own debug information, which they would override. */
function compilerFlags(inputs: KernelInputs): string {
  const asks = ({ symbol, value }: ConfigWish) =>
    symbol === "CONFIG_DEBUG_INFO_NONE" && value === "n";
  return parseWishes(inputs).some(asks) ? "" : LINE_TABLES;
}

function kernelKey(pin: PinnedPackage, inputs: KernelInputs): string {
  const wishes = renderWishes(parseWishes(inputs));
  return fingerprint([
    "kernel",
    pin.fileName,
    pin.sha256,
    wishes,
    inputs.compilers.kernel,
    compilerFlags(inputs),
  ]);
}

function treeName(key: string): string {
  return `kernel-${key.slice(0, 16)}`;
}

function sourceTreeName(pin: PinnedPackage): string {
  return `${pin.name}-${pin.sha256.slice(0, 16)}`;
}
