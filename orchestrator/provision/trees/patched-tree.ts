// SPDX-License-Identifier: MIT
//
// A source tree with a series of patches on it: a copy in the cache that follows its origin.

import { readFile, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import type { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import { readIfThere, replaceFile } from "../work/files.ts";
import { statBelow } from "../work/inside-directory.ts";
import { bringUpToDate, isUpToDate } from "../work/mirror.ts";
import type { Task } from "../work/task.ts";
import type { KernelTree } from "./kernel-source.ts";
import { applyPatches, type Patch, readPatches, seriesFile } from "./patches.ts";

/** Enough of a hash to tell two series apart. */
const HASH_LENGTH = 8;

/** Which series is on the copy, and which files it touches; undefined series: in the middle of being changed. */
const stateSchema = z.object({ series: z.string().optional(), touched: z.array(z.string()) });
type State = z.infer<typeof stateSchema>;

/**
 * The tree with these series on it, one after the other. The origin is only read; the same origin and series give the same
 * directory.
 *
 * @throws UsageError when the series cannot be read or does not apply.
 */
export async function patchedTree(
  cache: Cache,
  origin: KernelTree,
  words: readonly string[],
  task: Task,
): Promise<KernelTree> {
  const name = `patched-${cacheKey([origin.directory, ...words]).slice(0, 16)}`;
  return cache.withTree(name, task, async (directory) => {
    const work = `${directory}.series`;
    const { patches, series } = await readSeries(words, work, task);
    await apply(origin, directory, { patches, series }, task);
    const hash = series.slice(0, HASH_LENGTH);
    const count = patches.length === 1 ? "1 patch" : `${patches.length} patches`;
    return {
      directory,
      origin: `${origin.origin}, ${count} on it (${hash})`,
      patches: seriesFile(words.at(-1) ?? "", work),
      applied: words.map(nameOf),
      near: [origin, ...(origin.near ?? [])],
      ours: true,
      fixed: undefined,
      // A person's may take away what every kernel of the project's has.
      strict: false,
    };
  });
}

/**
 * What a tree with the project's own patches on it is, known before it is there: a fixed tree's is fixed as well, for its name says
 * what is on it.
 */
export async function ownPatchedTree(
  cache: Cache,
  origin: KernelTree,
  files: readonly string[],
): Promise<KernelTree> {
  const series = cacheKey(await Promise.all(files.map((file) => readFile(file, "utf8"))));
  const count = files.length === 1 ? "1 patch" : `${files.length} patches`;
  return {
    directory: cache.treePath(`patched-${cacheKey([origin.directory, series]).slice(0, 16)}`),
    origin: `${origin.origin}, ${count} on it (${series.slice(0, HASH_LENGTH)})`,
    near: [origin, ...(origin.near ?? [])],
    ours: true,
    applied: files.map(nameOf),
    fixed: origin.fixed && [...origin.fixed, series],
    // They mend drivers: what the kernel without them must have, it must have with them.
    strict: origin.strict,
  };
}

/** Makes that tree. */
export async function makeOwnPatchedTree(
  cache: Cache,
  origin: KernelTree,
  files: readonly string[],
  task: Task,
): Promise<KernelTree> {
  const tree = await ownPatchedTree(cache, origin, files);
  return cache.withTree(basename(tree.directory), task, async (directory) => {
    await apply(origin, directory, await readSeries(files, `${directory}.series`, task), task);
    return tree;
  });
}

function nameOf(word: string): string {
  return basename(word, ".patch");
}

/** The patches of several series, and what tells them from others. */
async function readSeries(words: readonly string[], work: string, task: Task) {
  const patches: Patch[] = [];
  for (const word of words) patches.push(...(await readPatches(word, work, task)));
  return { patches, series: cacheKey(patches.map(({ text }) => text)) };
}

async function apply(
  origin: KernelTree,
  directory: string,
  { patches, series }: { patches: readonly Patch[]; series: string },
  task: Task,
): Promise<void> {
  const mirror = { origin: origin.directory, directory, linked: origin.fixed !== undefined };
  const stateFile = `${directory}.state.json`;
  const state = await readState(stateFile);
  if (state.series === series && (await isUpToDate(mirror))) return;
  const before = await contentsOf(directory, state.touched);
  const touched = [...new Set(patches.flatMap(({ paths }) => paths))];
  // Written first: whatever ends this run, the next one restores all of these files.
  const either = [...new Set([...state.touched, ...touched])];
  await replaceFile(stateFile, JSON.stringify({ touched: either } satisfies State));
  await bringUpToDate(mirror, state.touched, task);
  await applyPatches(patches, directory);
  await keepTimes(directory, before);
  await replaceFile(stateFile, JSON.stringify({ series, touched } satisfies State));
}

async function readState(file: string): Promise<State> {
  const text = await readIfThere(file);
  return text === undefined ? { touched: [] } : stateSchema.parse(JSON.parse(text));
}

interface Content {
  readonly data: Buffer;
  readonly times: readonly [accessed: Date, modified: Date];
}

async function contentsOf(
  directory: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Content>> {
  const contents = new Map<string, Content>();
  for (const path of paths) {
    const status = statBelow(directory, path);
    if (status?.isFile() !== true) continue;
    const data = await readFile(join(directory, path));
    contents.set(path, { data, times: [status.atime, status.mtime] });
  }
  return contents;
}

/** A file that came out as it was before need not be compiled again. */
async function keepTimes(directory: string, before: ReadonlyMap<string, Content>): Promise<void> {
  for (const [path, { data, times }] of before) {
    if (statBelow(directory, path)?.isFile() !== true) continue;
    const file = join(directory, path);
    if ((await readFile(file)).equals(data)) await utimes(file, ...times);
  }
}
