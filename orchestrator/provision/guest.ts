// SPDX-License-Identifier: MIT
//
// One guest, from the choice of its kernel to what its VM boots.

import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { GuestArtifacts, KernelFacts, Lack } from "../artifacts.ts";
import { UnmetNeedsError, UsageError } from "../errors.ts";
import { architectureNames } from "../guest-architectures.ts";
import { Archive } from "./archive/apt.ts";
import { referDownload } from "./archive/downloads.ts";
import { kernelPins, readPin } from "./archive/pins.ts";
import type { Result } from "./cache/product.ts";
import type { Snapshot } from "./cache/snapshot.ts";
import {
  buildImage,
  buildRootfs,
  fetchGuestPackages,
  findImage,
  findRootfs,
  type ImageInputs,
  type Rootfs,
} from "./image/image.ts";
import type { KernelRecipe, Toolchain } from "./kernel/choice/part.ts";
import { type Compilers, findCompilers } from "./kernel/compilers.ts";
import { decodingPrefix, decodingToolsKind } from "./kernel/decoding-tools.ts";
import { readFragments } from "./kernel/fragments.ts";
import {
  type BuiltKernel,
  buildKernel,
  findKernel,
  hasTrees,
  restoreBuildTree,
} from "./kernel/kernel.ts";
import type { KernelInputs } from "./kernel/kernel-build.ts";
import { type KernelChoice, recipeOf } from "./kernel/kernel-choice.ts";
import { kernelDebugKind, kernelDebugOf } from "./kernel/kernel-debug.ts";
import { develTree, kernelDevelKind } from "./kernel/kernel-devel.ts";
import { kernelFactsKind, kernelFactsOf, seenNow } from "./kernel/kernel-facts.ts";
import { ofLab } from "./kernel/kernel-needs.ts";
import { knownCompilers, type UsedCompilers } from "./kernel/known-compilers.ts";
import { kselftestLacks, kselftestSources, kselftestsKind } from "./kernel/kselftests.ts";
import { moduleTrees } from "./kernel/module-trees.ts";
import { debugModulesOf, leftOutOf, modulesKind } from "./kernel/modules.ts";
import { superseded } from "./kernel/own-transport.ts";
import { ifThere } from "./looking.ts";
import type { Provisioning } from "./provisioning.ts";
import {
  debianTree,
  fetchDebianTree,
  type KernelTree,
  unpackDebianTree,
} from "./trees/kernel-source.ts";
import { nearTrees } from "./trees/near-trees.ts";
import { checkOwnTree, ownTree } from "./trees/own-tree.ts";
import { makeOwnPatchedTree, ownPatchedTree, patchedTree } from "./trees/patched-tree.ts";
import { exists } from "./work/files.ts";

/** The project's own sources that go into a guest. */
export interface GuestSources {
  readonly modules: Snapshot;
  /** guest-images/rootfs. */
  readonly definition: Snapshot;
  /** The code that puts images together. */
  readonly builder: Snapshot;
}

/** A kernel that a guest is to get, and what the cache has of it. */
export interface WantedKernel {
  readonly recipe: KernelRecipe;
  readonly settings: Omit<KernelInputs, "source">;
  readonly found: BuiltKernel | undefined;
}

/**
 * Looks at what is asked for, and whether it is in the cache. Takes no time.
 *
 * @throws UsageError for fragments, a tree or compilers that cannot be used.
 */
export async function lookForKernel(
  provisioning: Provisioning,
  choice: KernelChoice,
  compilers: Compilers,
): Promise<WantedKernel> {
  const recipe = recipeOf(choice);
  const { source, ownPatches, patches } = recipe;
  const fragments = await readFragments(recipe.fragments);
  const settings = { fragments, compilers };
  if (source.kind === "tree") await checkOwnTree(source.directory);
  if (source.kind === "tree" || patches !== undefined) {
    return { recipe, settings, found: undefined };
  }
  const pins = kernelPins(source.series);
  const pin = await readPin(provisioning.cache, pins);
  if (pin === undefined) return { recipe, settings, found: undefined };
  referDownload(provisioning.cache, pins, pin);
  const unpatched = debianTree(provisioning.cache, pin, source.series);
  const tree =
    ownPatches.length === 0
      ? unpatched
      : await ownPatchedTree(provisioning.cache, unpatched, ownPatches);
  const found = await findKernel(provisioning.cache, { source: tree, ...settings });
  return { recipe, settings, found };
}

/** What a guest boots, and the compilers that made it. */
export interface FoundGuest {
  readonly guest: GuestArtifacts;
  readonly compilers: UsedCompilers;
}

/**
 * A guest of which the cache has everything, by whichever compilers that are known here it was made. `lacking` is told what
 * would have to be done otherwise.
 */
export async function findGuest(
  provisioning: Provisioning,
  choice: KernelChoice,
  sources: GuestSources,
  lacking: (title: string) => void = () => {},
): Promise<FoundGuest | undefined> {
  const { source, patches, toolchain: asked } = recipeOf(choice);
  const lacks: string[] = [];
  const known =
    source.kind === "tree" || patches !== undefined
      ? []
      : await knownCompilers(provisioning.cache, asked);
  for (const compilers of known) {
    const look = async (looking: Provisioning) => {
      const wanted = await lookForKernel(looking, choice, compilers);
      return wanted.found && makeGuest(looking, wanted, sources);
    };
    const guest = await ifThere(provisioning, look, { lacking: (title) => lacks.push(title) });
    if (guest !== undefined) return { guest, compilers: { asked, compilers } };
  }
  lacking(lacks[0] ?? "Build the guests' kernel");
  return undefined;
}

/** Builds what is not there: the kernel, then modules and tests, then the image. */
export async function makeGuest(
  provisioning: Provisioning,
  wanted: WantedKernel,
  sources: GuestSources,
): Promise<GuestArtifacts> {
  const kernel = wanted.found ?? (await makeKernel(provisioning, wanted));
  for (const tree of [...moduleTrees(kernel.tree), develTree(kernel.tree)]) {
    provisioning.cache.refer("trees", tree);
  }
  const trees = () => restoreTrees(provisioning, wanted.recipe, kernel);
  const debug = await kernelDebugOf(await provisioning.result(kernelDebugKind, kernel, trees));
  const { compilers } = wanted.settings;
  const decodingTools = await provisioning.result(decodingToolsKind, compilers, async () => {});
  const facts = await factsOf(provisioning, wanted.recipe, kernel);
  const unwanted = superseded(kernel, facts);
  const { fixed } = kernel.inputs.source;
  const devel = fixed && (await provisioning.result(kernelDevelKind, kernel, trees));
  const moduleInputs = { kernel, unwanted, devel, sources: sources.modules };
  const modules = await provisioning.result(modulesKind, moduleInputs, async () => {});
  const testInputs = { kernel, sources: await kselftestSources(kernel) };
  const kselftests = await provisioning.result(kselftestsKind, testInputs, trees);
  const { definition, builder } = sources;
  const initrd = await makeImage(provisioning, {
    definition,
    builder,
    kernel,
    modules,
    kselftests,
  });
  return {
    ...{ kernel: kernel.artifacts, facts, debug, initrd },
    decodingPrefix: decodingPrefix(decodingTools),
    debugModules: debugModulesOf(modules),
    modules: await moduleNames(kernel, modules),
    superseded: unwanted,
    lacks: await lacksOf(kernel, facts, modules),
  };
}

/** Looked up in the source, which is fetched again where it has gone. */
async function factsOf(
  provisioning: Provisioning,
  recipe: KernelRecipe,
  kernel: BuiltKernel,
): Promise<KernelFacts> {
  const inputs = { kernel, seen: await seenNow(kernel) };
  const { directory } = kernel.inputs.source;
  const source = async () => {
    if (!(await exists(join(directory, "Makefile")))) await sourceOf(provisioning, recipe);
  };
  return kernelFactsOf(await provisioning.result(kernelFactsKind, inputs, source));
}

async function makeKernel(
  provisioning: Provisioning,
  { recipe, settings }: WantedKernel,
): Promise<BuiltKernel> {
  await provisioning.prepareMachine();
  const source = await sourceOf(provisioning, recipe);
  const title = `Build the guests' kernel (${source.origin})`;
  return provisioning.task("kernel-build", title, (task) =>
    buildKernel(provisioning.cache, { source, ...settings }, task),
  );
}

/** Has source and build tree of a finished kernel again, where only its results are in the cache. */
async function restoreTrees(
  provisioning: Provisioning,
  recipe: KernelRecipe,
  kernel: BuiltKernel,
): Promise<void> {
  if (await hasTrees(kernel)) return;
  await sourceOf(provisioning, recipe);
  await provisioning.task("kernel-restore", "Make the kernel's build tree again", (task) =>
    restoreBuildTree(provisioning.cache, kernel, task),
  );
}

async function sourceOf(provisioning: Provisioning, recipe: KernelRecipe): Promise<KernelTree> {
  const { ownPatches, patches } = recipe;
  const source = await unpatchedSource(provisioning, recipe);
  const series = [...ownPatches, ...(patches === undefined ? [] : [patches])];
  if (series.length === 0) return source;
  const names = series.map((word) => basename(word)).join(", ");
  const make = patches === undefined ? makeOwnPatchedTree : patchedTree;
  const patched = provisioning.task("kernel-patch", `Apply the patches of ${names}`, (task) =>
    make(provisioning.cache, source, series, task),
  );
  return patched.catch((error: unknown) => {
    throw ownPatches.length > 0 && error instanceof UsageError ? notHere(error, recipe) : error;
  });
}

/** Patches that nobody has given: a tree may have them already, or be too old for them. With a person's own it may be these. */
function notHere(error: UsageError, { ownPatches, patches }: KernelRecipe): Error {
  const names = ownPatches.map((file) => basename(file, ".patch")).join(", ");
  const Kind = patches === undefined ? UnmetNeedsError : UsageError;
  return new Kind(
    `${error.message}\n  The scenario has "patches: [${names}]"; where they are in the tree already, --set 'patches=[]' leaves them away.`,
    { cause: error },
  );
}

async function unpatchedSource(
  provisioning: Provisioning,
  { source }: KernelRecipe,
): Promise<KernelTree> {
  const { cache, archive } = provisioning;
  if (source.kind === "tree") {
    const { directory } = source;
    return { ...(await ownTree(directory)), near: await nearTrees(cache, directory) };
  }
  return provisioning.fetch("kernel-fetch", "Fetch the kernel's source", async (task) => {
    const download = await fetchDebianTree(cache, archive, source.series, task);
    await unpackDebianTree(cache, download, task);
    return debianTree(cache, download.pin, source.series);
  });
}

async function makeImage(provisioning: Provisioning, inputs: ImageInputs): Promise<string> {
  const found = await findImage(provisioning.cache, inputs);
  if (found !== undefined) return found;
  await provisioning.prepareMachine();
  const { cache } = provisioning;
  const rootfs = (await findRootfs(cache, inputs)) ?? (await makeRootfs(provisioning, inputs));
  return provisioning.task("image-build", "Put the guests' image together", (task) =>
    buildImage(cache, rootfs, inputs, task),
  );
}

async function makeRootfs(provisioning: Provisioning, inputs: ImageInputs): Promise<Rootfs> {
  const { cache } = provisioning;
  const { architecture } = inputs.kernel.artifacts;
  const archive =
    architecture === "arm64"
      ? provisioning.archive
      : new Archive(cache, architectureNames[architecture].debian);
  const download = await provisioning.fetch(
    "packages-fetch",
    "Fetch the guests' packages",
    (task) => fetchGuestPackages(cache, archive, inputs, task),
  );
  return provisioning.task("rootfs-build", "Unpack the guests' packages", (task) =>
    buildRootfs(cache, download, inputs, task),
  );
}

/** The compilers of a toolchain; the machine's usual ones are installed first when there are none. */
export async function compilersFor(
  provisioning: Provisioning,
  toolchain: Toolchain = {},
): Promise<Compilers> {
  try {
    return await findCompilers(toolchain);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    await provisioning.prepareMachine();
    return findCompilers(toolchain);
  }
}

async function lacksOf(kernel: BuiltKernel, facts: KernelFacts, modules: Result): Promise<Lack[]> {
  if (kernel.inputs.source.strict) return [];
  const leftOut = (await leftOutOf(modules)).map(({ name, reason }) => ({
    ...{ name: ofLab(name), reason },
  }));
  return [...kernel.lacks, ...leftOut, ...kselftestLacks(facts.tests)];
}

/** As `lsmod` writes them. */
async function moduleNames(kernel: BuiltKernel, ours: Result): Promise<string[]> {
  const home = join(kernel.modules, "lib/modules");
  const builtIn = join(home, kernel.artifacts.release, "modules.builtin");
  const files = [
    ...(await readdir(home, { recursive: true })),
    ...(await readdir(ours.directory)),
    ...(await readFile(builtIn, "utf8")).split("\n"),
  ];
  const names = files.filter((path) => path.endsWith(".ko")).map((path) => basename(path, ".ko"));
  return [...new Set(names.map((name) => name.replaceAll("-", "_")))].sort();
}
