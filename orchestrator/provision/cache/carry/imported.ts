// SPDX-License-Identifier: MIT
//
// That results of a cache came in a file. It has no sources: who wants something else than it holds must be told.

import { join } from "node:path";
import { z } from "zod";
import { readIfThere, replaceFile } from "../../work/files.ts";
import type { Cache } from "../cache.ts";

const RECORD = "imported.json";

const recordSchema = z.object({
  /** Name of the file that was taken in last. */
  file: z.string(),
  lab: z.string(),
  made: z.string(),
});
export type ImportRecord = z.output<typeof recordSchema>;

export function recordImport(cache: Cache, record: ImportRecord): Promise<void> {
  return replaceFile(join(cache.root, RECORD), JSON.stringify(record));
}

/** Undefined where nothing ever came in a file. */
export async function readImport(cache: Cache): Promise<ImportRecord | undefined> {
  const text = await readIfThere(join(cache.root, RECORD));
  return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
}

/** What a person has to know when something is to be built all the same; empty where nothing came in a file. */
export async function importNote(cache: Cache): Promise<string> {
  const record = await readImport(cache);
  if (record === undefined) return "";
  return `the cache was taken from ${record.file}, which holds results and no sources: what is not among them is built here, from Debian's archive`;
}
