// SPDX-License-Identifier: MIT
//
// Takes out of the cache what nothing refers to any more. What a process uses, or another one is building, stays.

import { lstatSync, readdirSync } from "node:fs";
import { lstat, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../errors.ts";
import { namesIfThere } from "../work/files.ts";
import { acquireLock, tryLock } from "../work/lock.ts";
import type { Cache } from "./cache.ts";
import { cleaningLock, liveUsers, recordedEntries } from "./usage.ts";

/** Directories of results that are made from sources and from each other, named after fingerprints. */
export const resultKinds = [
  ...["qemu", "qemu-packages", "qemu-headers"],
  ...["kernel", "kernel-facts", "kernel-debug", "kernel-devel", "decoding-tools"],
  ...["modules", "kselftests", "rootfs", "image"],
];
/** The same of what is fetched, or unpacked to be looked at. */
const FETCHED = ["downloads", "imports"];
const TREES = "trees";
const LOGS = "logs";

/** Unit in which lstat(2) counts. */
const BLOCK = 512;

/** What is kept beside a tree goes with it. */
const BESIDE_TREES = /\.(unpacking|partial|stamps\.json|state\.json|series)$/;

export interface CleanRequest {
  /** Also what is referred to, as long as nobody uses it now. */
  readonly all: boolean;
  /** Only tell. */
  readonly dryRun: boolean;
  /** Requests that were last made before this do not count; nor do older logs. */
  readonly since: Date;
  /** Entries that must stay, whoever refers to them. */
  readonly keep: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

export interface CleanedEntry {
  /** Kind and name: `kernel/9582...`. */
  readonly entry: string;
  readonly bytes: number;
  /** `busy`: would have gone, but is being built or used. */
  readonly fate: "removed" | "kept" | "busy";
}

/**
 * Cleans, and tells of every entry what became of it.
 *
 * @throws UsageError when a process is provisioning now: it may come to use anything.
 */
export async function cleanCache(cache: Cache, request: CleanRequest): Promise<CleanedEntry[]> {
  const lock = await acquireLock(cleaningLock(cache), { signal: request.signal });
  try {
    const users = await liveUsers(cache);
    const working = users.find(({ entries }) => entries === null);
    if (working !== undefined) {
      throw new UsageError(
        `process ${working.pid} is provisioning from ${cache.root}: it may come to use anything there. Clean when it is done.`,
      );
    }
    const used = new Set(users.flatMap(({ entries }) => entries ?? []));
    const recorded = request.all ? new Set<string>() : await recordedEntries(cache, request.since);
    const kept = request.all ? new Set<string>() : new Set([...recorded, ...request.keep]);
    const cleaned: CleanedEntry[] = [];
    for (const entry of await entriesOf(cache, request)) {
      request.signal.throwIfAborted();
      const bytes = sizeOf(join(cache.root, entry));
      const owner = ownerOf(entry);
      if (kept.has(owner)) cleaned.push({ entry, bytes, fate: "kept" });
      else if (used.has(owner)) cleaned.push({ entry, bytes, fate: "busy" });
      else cleaned.push({ entry, bytes, fate: await remove(cache, entry, request.dryRun) });
    }
    return cleaned;
  } finally {
    await lock.release();
  }
}

/** Everything that cleaning may take, but for logs of these days. */
async function entriesOf(cache: Cache, { all, since }: CleanRequest): Promise<string[]> {
  const entries: string[] = [];
  for (const kind of [...resultKinds, ...FETCHED, TREES]) {
    const names = await namesIfThere(join(cache.root, kind));
    entries.push(...names.sort().map((name) => join(kind, name)));
  }
  for (const name of await namesIfThere(join(cache.root, LOGS))) {
    const { mtime } = await lstat(join(cache.root, LOGS, name));
    if (all || mtime < since) entries.push(join(LOGS, name));
  }
  return entries;
}

/** The entry that this one goes with. */
function ownerOf(entry: string): string {
  const [kind = "", name = ""] = entry.split("/");
  if (kind === TREES) return join(kind, name.replace(BESIDE_TREES, ""));
  return join(kind, name.replace(/^\.(.*)\.partial$/, "$1"));
}

/** Under the lock of whoever would build it. A result is taken out of its place first, so that no half of one is found. */
async function remove(cache: Cache, entry: string, dryRun: boolean): Promise<CleanedEntry["fate"]> {
  const [kind = "", name = ""] = ownerOf(entry).split("/");
  const lock =
    kind === LOGS
      ? { release: async () => {} }
      : await tryLock(kind === TREES ? cache.treeLock(name) : cache.resultLock(kind, name));
  if (lock === undefined) return "busy";
  try {
    if (dryRun) return "removed";
    const path = join(cache.root, entry);
    const rubbish = join(cache.root, kind, `.rubbish-${process.pid}`);
    await rename(path, rubbish);
    await rm(rubbish, { recursive: true, force: true });
    return "removed";
  } finally {
    await lock.release();
  }
}

/** Bytes on the disk of everything below; a file of several names counts once. Source trees have a hundred thousand files. */
function sizeOf(path: string, seen = new Set<number>()): number {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  const { ino, blocks } = status;
  const bytes = blocks * BLOCK;
  if (status.isDirectory()) {
    const parts = readdirSync(path).map((name) => sizeOf(join(path, name), seen));
    return parts.reduce((sum, part) => sum + part, bytes);
  }
  if (seen.has(ino)) return 0;
  seen.add(ino);
  return bytes;
}
