// SPDX-License-Identifier: MIT
//
// What of the cache another machine of this kind can use.

import { join } from "node:path";
import type { Artifacts } from "../artifacts.ts";
import { UsageError } from "../errors.ts";
import { PINS } from "./archive/pins.ts";
import type { Cache } from "./cache/cache.ts";
import { resultKinds } from "./cache/clean.ts";
import { COMPILERS, compilersRecord, type UsedCompilers } from "./kernel/known-compilers.ts";
import { type ProvisionOptions, type ProvisionRequest, provisionForUse } from "./provision.ts";
import { pinnedQemu } from "./qemu/choice.ts";
import { readIfThere } from "./work/files.ts";

/** What goes into a file that carries the cache, beside results: records, by their directories. */
export const carriedRecords = [PINS, COMPILERS];

/** What a machine of this kind needs to boot the same: all that the cache has for it but sources. */
export interface Portable {
  readonly artifacts: Artifacts;
  readonly cache: Cache;
  /** Results, as `kind/key`. */
  readonly entries: readonly string[];
  /** Records, by their paths in a cache. */
  readonly records: Readonly<Record<string, string>>;
}

/**
 * Builds or finds everything that a run boots, with nothing among it that is this machine's own.
 *
 * @throws UsageError for a QEMU of one's own, and whatever provision() throws.
 */
export async function provisionPortably(
  request: ProvisionRequest,
  options: ProvisionOptions,
): Promise<Portable> {
  const { qemu = pinnedQemu } = request;
  if (qemu.kind === "own") {
    throw new UsageError(
      `--export carries Debian's QEMU only, and not one's own: ${qemu.path} need not run elsewhere`,
    );
  }
  const portable = { ...request, qemu: { ...qemu, portable: true } };
  const { artifacts, cache, compilers } = await provisionForUse(portable, options);
  return { artifacts, cache, ...(await carriedOf(cache, compilers)) };
}

/** What is to be carried of all that the cache was asked for. A record that is not there is none, nor is a result. */
export async function carriedOf(
  cache: Cache,
  compilers: readonly UsedCompilers[],
): Promise<Pick<Portable, "entries" | "records">> {
  const records = new Map(compilers.map(compilersRecord));
  const entries: string[] = [];
  for (const entry of [...cache.referred].sort()) {
    const [kind = "", key = ""] = entry.split("/");
    if (kind === PINS) {
      const text = await readIfThere(join(cache.root, entry));
      if (text !== undefined) records.set(entry, text);
    }
    if (resultKinds.includes(kind) && (await cache.find(kind, key))) entries.push(entry);
  }
  return { entries, records: Object.fromEntries(records) };
}
