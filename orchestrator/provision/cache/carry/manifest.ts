// SPDX-License-Identifier: MIT
//
// What a file that carries a cache says of itself, in its first member: all that it holds, with hashes.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** Name of the first member. */
export const MANIFEST = "manifest.json";

/** Both directions keep so many bytes in sight (a power of two): what two results have in common is stored once. */
export const WINDOW_LOG = 27;

/** A name that leads nowhere else. */
const name = z.string().regex(/^(?!\.{1,2}$)[^/\0]+$/);
const path = z.string().regex(/^(?!(.*\/)?\.{0,2}(\/|$))[^\0]+$/);

const fileSchema = z.union([
  z.strictObject({ path, executable: z.boolean(), size: z.number(), sha256: z.string() }),
  z.strictObject({ path, target: z.string() }),
]);

const entrySchema = z.strictObject({
  /** Directory of the cache. */
  kind: name,
  key: name,
  files: z.array(fileSchema),
});

export const carriedSchema = z.strictObject({
  schema: z.literal(1),
  /** What made it, and when: for people. */
  lab: z.string(),
  made: z.string(),
  /** Node's name of the machine's kind. */
  architecture: z.string(),
  /** Records of the cache, by their paths in it. */
  records: z.record(path, z.string()),
  entries: z.array(entrySchema),
});

export type Carried = z.output<typeof carriedSchema>;
export type CarriedFile = z.output<typeof fileSchema>;

/** Every file and link of a result, in the order of their paths. */
export async function filesOf(directory: string, below = ""): Promise<CarriedFile[]> {
  const files: CarriedFile[] = [];
  for (const name of (await readdir(join(directory, below))).sort()) {
    const path = join(below, name);
    const full = join(directory, path);
    const status = await lstat(full);
    if (status.isDirectory()) files.push(...(await filesOf(directory, path)));
    else if (status.isSymbolicLink()) files.push({ path, target: await readlink(full) });
    else {
      const executable = (status.mode & 0o100) !== 0;
      files.push({ path, executable, size: status.size, sha256: await hashOf(full, status.size) });
    }
  }
  return files;
}

const MIB = 1 << 20;

/** Most of several thousand files are small: a stream, with a buffer for each, would take longer than the hash does. */
async function hashOf(file: string, size: number): Promise<string> {
  if (size < MIB)
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: MIB }), hash);
  return hash.digest("hex");
}
