// SPDX-License-Identifier: MIT
//
// A guest's kernel: a source tree, configured by fragments, built out of tree. The build tree stays in the cache for the
// project's modules and for debugging. What was built from a fixed tree is found by what went in; a live tree goes through
// make unless nothing of it has changed since (live-kernel.ts), and its results are told apart by what came out
// and by the headers that modules are built with.

import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { KernelArtifacts, Lack } from "../../artifacts.ts";
import type { Cache } from "../cache/cache.ts";
import { cacheKey, sha256 } from "../cache/cache-key.ts";
import { adoptBuild } from "../trees/adopt-build.ts";
import { exists } from "../work/files.ts";
import type { Task } from "../work/task.ts";
import { alikeBuilds } from "./alike-builds.ts";
import { headersIdentity } from "./headers.ts";
import {
  builtIdentity,
  compileKernel,
  INSTALLED_IMAGE,
  installKernel,
  type KernelInputs,
  lacksOf,
  settingsOf,
} from "./kernel-build.ts";
import { forgetBuild, rememberBuild, unchangedBuild } from "./live-kernel.ts";
import { moduleTrees } from "./module-trees.ts";

/** In a build tree: what make makes last. */
const WHOLE = "Module.symvers";

/** A built kernel, and what else the cache keeps of it. */
export interface BuiltKernel {
  readonly artifacts: KernelArtifacts;
  /** Fingerprint of all that went in or, for a live tree, came out. */
  readonly key: string;
  readonly inputs: KernelInputs;
  /** Directory that holds lib/modules/RELEASE with the tree's own modules. */
  readonly modules: string;
  /** Name of its build tree in the cache. */
  readonly tree: string;
  readonly lacks: readonly Lack[];
}

/** The finished kernel of a fixed tree, if the cache has it. */
export async function findKernel(
  cache: Cache,
  inputs: KernelInputs,
): Promise<BuiltKernel | undefined> {
  const key = fixedKey(inputs);
  if (key === undefined) return undefined;
  const directory = await cache.find("kernel", key);
  return directory === undefined
    ? undefined
    : describe(cache, inputs, { key, directory, tree: treeOf(inputs) });
}

/** Configures and builds, as far as that has not been done. Errors are those of compileKernel. */
export async function buildKernel(
  cache: Cache,
  inputs: KernelInputs,
  task: Task,
): Promise<BuiltKernel> {
  const key = fixedKey(inputs);
  if (key === undefined) return buildLive(cache, inputs, task);
  const directory = await cache.produce("kernel", key, task, (into) =>
    compiled(cache, inputs, task, (build) => installKernel(inputs, build, into, task)),
  );
  return describe(cache, inputs, { key, directory, tree: treeOf(inputs) });
}

/** Whether modules can be built against the kernel: a cache may hold its results without the trees they came from. */
export async function hasTrees({ artifacts }: BuiltKernel): Promise<boolean> {
  const { sourceDir, buildDir } = artifacts;
  const parts = [join(sourceDir, "Makefile"), join(buildDir, WHOLE)];
  return (await Promise.all(parts.map(exists))).every(Boolean);
}

/** Makes the build tree of a finished kernel again. Its source must be there. */
export async function restoreBuildTree(
  cache: Cache,
  { inputs }: BuiltKernel,
  task: Task,
): Promise<void> {
  await compiled(cache, inputs, task, async () => {});
}

async function buildLive(cache: Cache, inputs: KernelInputs, task: Task): Promise<BuiltKernel> {
  const tree = treeOf(inputs);
  const found = await cache.withTree(tree, task, (build) => findLive(cache, inputs, build));
  if (found !== undefined) {
    task.markFound();
    return describe(cache, inputs, { ...found, tree });
  }
  return compiled(cache, inputs, task, async (build) => {
    const made = [await builtIdentity(inputs, build), headersIdentity(inputs)];
    const key = cacheKey(["live-kernel", tree, ...made]);
    const directory = await cache.produce("kernel", key, task, (into) =>
      installKernel(inputs, build, into, task),
    );
    await rememberBuild(inputs, build, key);
    return describe(cache, inputs, { key, directory, tree });
  });
}

/** The last build's result, where the tree has not changed since. */
async function findLive(cache: Cache, inputs: KernelInputs, build: string) {
  if (!(await exists(join(build, WHOLE)))) return undefined;
  const key = await unchangedBuild(inputs, build);
  const directory = key && (await cache.find("kernel", key));
  return directory ? { key, directory } : undefined;
}

/** Brings the kernel's build tree up to date, and runs `body` on it. */
function compiled<T>(
  cache: Cache,
  inputs: KernelInputs,
  task: Task,
  body: (build: string) => Promise<T>,
): Promise<T> {
  return cache.withTree(treeOf(inputs), task, async (build) => {
    if (!(await exists(build))) await beginBuild(cache, inputs, build, task);
    await mkdir(build, { recursive: true });
    await forgetBuild(build);
    await compileKernel(inputs, build, task);
    return body(build);
  });
}

/** From the nearest build that there is, if any, and from that of its modules. */
async function beginBuild(
  cache: Cache,
  inputs: KernelInputs,
  build: string,
  task: Task,
): Promise<void> {
  const pathsOf = (names: readonly string[]) => names.map((name) => cache.treePath(name));
  const ownModules = moduleTrees(treeOf(inputs));
  const { directory, ours = false } = inputs.source;
  const to = { source: directory, build, modules: pathsOf(ownModules), ours };
  const near = nearInputs(inputs).map((one) => ({ source: one.source, tree: treeOf(one) }));
  const alike = (await alikeBuilds(cache, inputs)).map((tree) => ({ source: inputs.source, tree }));
  // Of the same source, that one is the nearest whose settings are.
  for (const { source, tree } of [...alike, ...near]) {
    if (!(await exists(join(cache.root, "trees", tree, WHOLE)))) continue;
    const trees = [...ownModules, tree, ...moduleTrees(tree)];
    const begun = await withTrees(cache, trees, task, () => {
      const from = { source: source.directory, build: cache.treePath(tree) };
      return adoptBuild({ ...from, modules: pathsOf(moduleTrees(tree)) }, to, task);
    });
    // Until make has made it again, the copy is none to begin from.
    if (begun) await rm(join(build, WHOLE));
    if (begun) return task.say(`beginning from the build of ${source.origin} in ${tree}`);
  }
}

/** Runs `body` while no other run touches any of the trees, whose locks are taken in this order. */
function withTrees<T>(
  cache: Cache,
  [name, ...others]: readonly string[],
  task: Task,
  body: () => Promise<T>,
): Promise<T> {
  if (name === undefined) return body();
  return cache.withTree(name, task, () => withTrees(cache, others, task, body));
}

/**
 * The same tree or one that is near, the same settings or fewer: those without a person's own, then those that every kernel of
 * this kind has; the nearest first.
 */
export function nearInputs(inputs: KernelInputs): KernelInputs[] {
  const { source, fragments } = inputs;
  const trees = [inputs, ...(source.near ?? []).map((near) => ({ ...inputs, source: near }))];
  const fewer = [
    fragments,
    fragments.filter(({ given }) => !given),
    fragments.filter(({ extra }) => !extra),
  ].filter(({ length }, index, all) => length !== all[index - 1]?.length);
  return fewer.flatMap((some) => trees.map((one) => ({ ...one, fragments: some }))).slice(1);
}

async function describe(
  cache: Cache,
  inputs: KernelInputs,
  { key, directory, tree }: { key: string; directory: string; tree: string },
): Promise<BuiltKernel> {
  const config = join(directory, "config");
  const text = await readFile(config, "utf8");
  return {
    ...{ key, inputs, tree },
    modules: directory,
    lacks: lacksOf(inputs, text),
    artifacts: {
      architecture: inputs.compilers.architecture,
      image: join(directory, INSTALLED_IMAGE),
      vmlinux: join(directory, "vmlinux"),
      release: await readFile(join(directory, "release"), "utf8"),
      origin: inputs.source.origin,
      ...(inputs.source.patches === undefined ? {} : { patches: inputs.source.patches }),
      ...(inputs.source.applied === undefined ? {} : { applied: inputs.source.applied }),
      fragments: inputs.fragments.slice(1).map(({ name }) => name),
      compiler: inputs.compilers.kernel,
      ...(inputs.compilers.llvm === undefined ? {} : { llvm: inputs.compilers.llvm }),
      configHash: sha256(text),
      config,
      buildDir: cache.treePath(tree),
      sourceDir: inputs.source.directory,
    },
  };
}

/** Undefined for a live tree. */
function fixedKey(inputs: KernelInputs): string | undefined {
  const { fixed } = inputs.source;
  return fixed === undefined ? undefined : cacheKey(["kernel", ...fixed, ...settingsOf(inputs)]);
}

/** Name of the build tree in the cache. */
function treeOf(inputs: KernelInputs): string {
  const settings = [inputs.source.directory, ...settingsOf(inputs)];
  const key = fixedKey(inputs) ?? cacheKey(["live-kernel", ...settings]);
  return `kernel-${key.slice(0, 16)}`;
}
