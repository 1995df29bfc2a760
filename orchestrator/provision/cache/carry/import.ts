// SPDX-License-Identifier: MIT
//
// Takes results into the cache from a file that another machine wrote. They are unpacked beside their places, held against
// the hashes that the file begins with, and moved in one by one, so that none is ever found before it is whole.

import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdDecompress } from "node:zlib";
import { execa } from "execa";
import { UsageError } from "../../../errors.ts";
import { exists, readIfThere, replaceFile } from "../../work/files.ts";
import { acquireLock } from "../../work/lock.ts";
import type { Task } from "../../work/task.ts";
import type { Cache } from "../cache.ts";
import { requireSpace } from "../disk-space.ts";
import { registerUse } from "../usage.ts";
import { recordImport } from "./imported.ts";
import {
  type Carried,
  type CarriedFile,
  carriedSchema,
  filesOf,
  MANIFEST,
  WINDOW_LOG,
} from "./manifest.ts";

/** Where files are unpacked, below the cache's root. */
const UNPACKING = "imports";

/** What came of it. */
export interface Imported {
  readonly carried: Carried;
  /** Results that the cache did not have. */
  readonly added: number;
  /** Records, by path, that were others before. */
  readonly replaced: readonly string[];
}

/**
 * Takes in all that a file carries. Results that are there already stay; records are replaced, for they say which results
 * are to be used.
 *
 * @param kinds the directories of the cache that results may go to, and `records` those for records.
 * @throws UsageError for a file that cannot be read, is of another kind or architecture, or is damaged; nothing of it is
 *   in the cache then.
 */
export async function importCache(
  cache: Cache,
  file: string,
  allowed: { readonly kinds: readonly string[]; readonly records: readonly string[] },
  task: Task,
): Promise<Imported> {
  await registerUse(cache, task.signal);
  const lock = await acquireLock(join(cache.root, "locks", `${UNPACKING}.lock`), {
    signal: task.signal,
    onWait: () => task.waiting("another import is at work"),
  });
  return task.holding(lock, async () => {
    const home = join(cache.root, UNPACKING);
    // What an import left that was killed.
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { recursive: true });
    try {
      const carried = await readManifest(file, task.signal);
      refuseStrange(file, carried, allowed);
      const bytes = carried.entries.flatMap(({ files }) => files).reduce(addSize, 0);
      await requireSpace(cache.root, bytes);
      const unpacked = await mkdtemp(join(home, "unpacked-"));
      await unpack(file, ["--extract", "-C", unpacked], task.signal);
      await verify(file, carried, unpacked, task.signal);
      const imported = await takeIn(cache, carried, unpacked, task);
      const { lab, made } = carried;
      await recordImport(cache, { file: basename(file), lab, made });
      return imported;
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
}

function addSize(sum: number, file: CarriedFile): number {
  return "size" in file ? sum + file.size : sum;
}

/** The first member is all that is read of the file. */
async function readManifest(file: string, signal: AbortSignal): Promise<Carried> {
  const text = await unpack(file, ["--extract", "--to-stdout", "--occurrence=1", MANIFEST], signal);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file} carries no cache, or is damaged: its ${MANIFEST} is no JSON`, {
      cause,
    });
  }
  const { success, data, error } = carriedSchema.safeParse(json);
  if (success) return data;
  const issue = error.issues[0];
  throw new UsageError(
    `${file} carries no cache that can be taken in here, or is damaged: ${MANIFEST}: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

function refuseStrange(
  file: string,
  { architecture, entries, records }: Carried,
  allowed: { readonly kinds: readonly string[]; readonly records: readonly string[] },
): void {
  if (architecture !== process.arch) {
    throw new UsageError(
      `${file} was made on a machine of another architecture: expected ${process.arch}, it is for ${architecture}`,
    );
  }
  const strange = [
    ...entries.filter(({ kind }) => !allowed.kinds.includes(kind)).map(({ kind }) => kind),
    ...Object.keys(records).filter((path) => !allowed.records.includes(dirname(path))),
  ];
  if (strange.length > 0) {
    throw new UsageError(
      `${file} carries what this version of the lab does not know: ${[...new Set(strange)].join(", ")}`,
    );
  }
}

/** Feeds the file to tar, and returns what tar prints. */
async function unpack(file: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const own = ["--no-same-owner", "--no-same-permissions", "--file=-"];
  const tar = execa("tar", [args[0] ?? "", ...own, ...args.slice(1)], {
    ...{ stdin: "pipe", reject: false, cancelSignal: signal },
    maxBuffer: 64 << 20,
  });
  const input: Readable = createReadStream(file, { highWaterMark: 1 << 20 });
  const decompress = createZstdDecompress({
    chunkSize: 1 << 20,
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
  });
  let trouble: unknown;
  try {
    await pipeline(input, decompress, tar.stdin, { signal });
  } catch (error) {
    // tar stops reading once it has what it was asked for.
    if (!hasCode(error, "EPIPE", "ERR_STREAM_PREMATURE_CLOSE")) trouble = error;
  }
  tar.stdin.destroy();
  const { exitCode, stdout, stderr } = await tar;
  signal.throwIfAborted();
  if (hasCode(trouble, "ENOENT", "EACCES", "EISDIR")) {
    throw new UsageError(`${file} cannot be read: ${(trouble as Error).message}`);
  }
  if (trouble !== undefined) {
    throw new UsageError(
      `${file} is damaged, or carries no cache: expected what build --export writes, which is compressed by zstd; ${(trouble as Error).message}`,
    );
  }
  if (exitCode !== 0) {
    throw new UsageError(`${file} is damaged, or carries no cache: ${stderr.split("\n")[0]}`);
  }
  return stdout;
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Every file must be there as it was written, and nothing else. */
async function verify(
  file: string,
  { entries }: Carried,
  unpacked: string,
  signal: AbortSignal,
): Promise<void> {
  const damaged = (entry: string, what: string) =>
    new UsageError(`${file} is damaged: ${entry}: ${what}; nothing was taken from it`);
  for (const { kind, key, files } of entries) {
    signal.throwIfAborted();
    const entry = `${kind}/${key}`;
    if (!(await exists(join(unpacked, entry)))) throw damaged(entry, "it is not there");
    const found = new Map((await filesOf(join(unpacked, entry))).map((one) => [one.path, one]));
    for (const wanted of files) {
      const there = found.get(wanted.path);
      found.delete(wanted.path);
      if (there === undefined) throw damaged(entry, `${wanted.path} is not there`);
      if (JSON.stringify(there) !== JSON.stringify(wanted)) {
        throw damaged(entry, `${wanted.path} is not what was written`);
      }
    }
    const [extra] = found.keys();
    if (extra !== undefined) throw damaged(entry, `${extra} does not belong there`);
  }
}

/** Results first: a record that names them must not be there before. */
async function takeIn(
  cache: Cache,
  carried: Carried,
  unpacked: string,
  task: Task,
): Promise<Imported> {
  let added = 0;
  for (const { kind, key } of carried.entries) {
    if (await cache.adopt(kind, key, join(unpacked, kind, key), task)) added++;
  }
  const replaced: string[] = [];
  for (const [path, text] of Object.entries(carried.records)) {
    const place = join(cache.root, path);
    const former = await readIfThere(place);
    if (former !== undefined && former !== text) replaced.push(path);
    await mkdir(dirname(place), { recursive: true });
    await replaceFile(place, text);
  }
  return { carried, added, replaced };
}
