// SPDX-License-Identifier: MIT
//
// Who uses what in the cache. A process that provisions registers here, with a lock that ends with it, and writes down
// what it got; what a request got last stays written down after it. Cleaning reads both.

import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { exists, namesIfThere, readIfThere, replaceFile } from "../work/files.ts";
import { acquireLock, type Lock, tryLock } from "../work/lock.ts";
import type { Cache } from "./cache.ts";
import { cacheKey, type KeyInput } from "./cache-key.ts";

/** A process; null entries: it is still provisioning, and may come to use anything. */
const userSchema = z.object({ pid: z.number(), entries: z.array(z.string()).nullable() });

/** What a request got the last time. */
const recordSchema = z.object({
  schema: z.literal(1),
  directories: z.array(z.string()),
  used: z.string(),
  entries: z.array(z.string()),
});

/** Something that was asked for. */
export interface UsedRequest {
  /** What tells it from others. */
  readonly identity: KeyInput;
  /** Directories without which it cannot be made again: the project's, and kernel trees. */
  readonly directories: readonly string[];
}

/** Held while cleaning, and for a moment by whoever registers: nobody begins to look for what is being removed. */
export function cleaningLock(cache: Cache): string {
  return join(cache.root, "locks", "cleaning.lock");
}

/** Locks that close with the process, and not before, as they would when nothing referred to them; and their files. */
const heldToTheEnd: { readonly lock: Lock; readonly files: readonly string[] }[] = [];

/** Who is killed leaves the files to cleaning. */
process.on("exit", () => {
  for (const { files } of heldToTheEnd) for (const file of files) rmSync(file, { force: true });
});

/** Registers this process until it ends. The function that comes back says what it got. */
export async function registerUse(
  cache: Cache,
  signal: AbortSignal,
): Promise<(request: UsedRequest) => Promise<void>> {
  const file = join(usersOf(cache), `${process.pid}-${randomBytes(4).toString("hex")}`);
  await mkdir(usersOf(cache), { recursive: true });
  const cleaning = await acquireLock(cleaningLock(cache), { signal });
  try {
    const lock = await acquireLock(`${file}.lock`, { signal });
    heldToTheEnd.push({ lock, files: [`${file}.json`, `${file}.lock`] });
    await replaceFile(`${file}.json`, JSON.stringify({ pid: process.pid, entries: null }));
  } finally {
    await cleaning.release();
  }
  return async ({ identity, directories }) => {
    const entries = [...cache.referred].sort();
    const used = new Date().toISOString();
    await mkdir(recordsOf(cache), { recursive: true });
    const record = join(recordsOf(cache), `${cacheKey(identity).slice(0, 16)}.json`);
    await replaceFile(record, JSON.stringify({ schema: 1, directories, used, entries }, null, 1));
    await replaceFile(`${file}.json`, JSON.stringify({ pid: process.pid, entries }));
  };
}

/** A process that is alive; null entries: it is still provisioning. */
export interface User {
  readonly pid: number;
  readonly entries: readonly string[] | null;
}

/** Processes that are alive. What others left is removed. The caller holds the cleaning lock. */
export async function liveUsers(cache: Cache): Promise<User[]> {
  const users: User[] = [];
  const names = await namesIfThere(usersOf(cache));
  for (const name of names.filter((one) => one.endsWith(".lock"))) {
    const file = join(usersOf(cache), name.replace(/\.lock$/, ""));
    const lock = await tryLock(`${file}.lock`);
    if (lock === undefined) {
      // Who has said nothing yet is provisioning.
      const text = (await readIfThere(`${file}.json`)) ?? '{"pid":0,"entries":null}';
      users.push(userSchema.parse(JSON.parse(text)));
      continue;
    }
    await rm(`${file}.json`, { force: true });
    await rm(`${file}.lock`, { force: true });
    await lock.release();
  }
  return users;
}

/** All that requests got which can still be made and were not last made before `since`. */
export async function recordedEntries(cache: Cache, since: Date): Promise<Set<string>> {
  const entries = new Set<string>();
  const names = await namesIfThere(recordsOf(cache));
  for (const name of names.filter((one) => one.endsWith(".json"))) {
    const text = await readFile(join(recordsOf(cache), name), "utf8");
    const { success, data } = recordSchema.safeParse(JSON.parse(text));
    if (!success || new Date(data.used) < since) continue;
    const there = await Promise.all(data.directories.map(exists));
    if (there.every(Boolean)) for (const entry of data.entries) entries.add(entry);
  }
  return entries;
}

function usersOf(cache: Cache): string {
  return join(cache.root, "users");
}

function recordsOf(cache: Cache): string {
  return join(cache.root, "requests");
}
