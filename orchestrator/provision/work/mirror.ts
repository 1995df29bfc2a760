// SPDX-License-Identifier: MIT
//
// A copy of a source tree that is kept up to date, for patches to be applied to: the tree itself is only read. What has not
// changed keeps its time stamp, and what has gets a new one, so that make builds what it must and no more.

import { lstatSync, readdirSync } from "node:fs";
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { join } from "node:path";
import { exists, replaceFile } from "./files.ts";
import { makeWayBelow, removeBelow } from "./inside-directory.ts";
import type { Task } from "./task.ts";

/** Of every file of the origin, what tells whether it has changed. */
type Stamps = Record<string, string>;

export interface Mirror {
  readonly origin: string;
  readonly directory: string;
  /** Whether the origin never changes, so that files can be shared with it by hard links. */
  readonly linked: boolean;
}

/**
 * Brings the copy up to date; `altered` are paths in it that are not as they were copied, and are restored.
 *
 * @returns whether anything in the origin had changed.
 */
export async function bringUpToDate(
  mirror: Mirror,
  altered: readonly string[],
  task: Task,
): Promise<boolean> {
  const { origin, directory } = mirror;
  const before = await readStamps(mirror);
  const now = stampsOf(origin);
  if (before === undefined || !(await exists(directory))) {
    await copyWhole(mirror, task);
    await writeStamps(mirror, now);
    return true;
  }
  const stale = new Set(altered);
  for (const [path, stamp] of Object.entries(now)) if (before[path] !== stamp) stale.add(path);
  for (const path of Object.keys(before)) if (!(path in now)) stale.add(path);
  // All that goes, goes first: a directory may have become a link, or a link a directory.
  for (const path of stale) await removeBelow(directory, path, path in now);
  for (const path of stale) if (path in now) await copyOne(mirror, path);
  await writeStamps(mirror, now);
  return stale.size > altered.length;
}

/** Whether the origin is as it was when the copy was last brought up to date. */
export async function isUpToDate(mirror: Mirror): Promise<boolean> {
  const before = await readStamps(mirror);
  if (before === undefined || !(await exists(mirror.directory))) return false;
  return JSON.stringify(before) === JSON.stringify(stampsOf(mirror.origin));
}

/** Time, size and mode of every file, in the order of their paths. The repository's own directory is no part of the source. */
export function stampsOf(root: string): Stamps {
  const stamps: Stamps = {};
  const walk = (below: string) => {
    const entries = readdirSync(join(root, below), { withFileTypes: true });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(below, entry.name);
      if (path === ".git") continue;
      if (entry.isDirectory()) walk(path);
      else {
        const { mtimeMs, size, mode } = lstatSync(join(root, path));
        stamps[path] = `${mtimeMs} ${size} ${mode}`;
      }
    }
  };
  walk("");
  return stamps;
}

async function copyWhole({ origin, directory, linked }: Mirror, task: Task): Promise<void> {
  const partial = `${directory}.partial`;
  await rm(directory, { recursive: true, force: true });
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const names = (await readdir(origin)).filter((name) => name !== ".git");
  const how = linked ? "--link" : "--reflink=auto";
  await task.run("cp", ["--archive", how, ...names.map((name) => join(origin, name)), partial]);
  await rename(partial, directory);
}

/** To where nothing is: a file there may be linked to the origin's. The time stamp is the present one. */
async function copyOne({ origin, directory }: Mirror, path: string): Promise<void> {
  const [from, to] = [join(origin, path), join(directory, path)];
  await makeWayBelow(directory, path);
  if (lstatSync(from).isSymbolicLink()) await symlink(await readlink(from), to);
  else await copyFile(from, to);
}

async function readStamps(mirror: Mirror): Promise<Stamps | undefined> {
  const text = await readFile(stampFile(mirror), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Stamps);
}

function writeStamps(mirror: Mirror, stamps: Stamps): Promise<void> {
  return replaceFile(stampFile(mirror), JSON.stringify(stamps));
}

function stampFile({ directory }: Mirror): string {
  return `${directory}.stamps.json`;
}
