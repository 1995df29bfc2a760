// SPDX-License-Identifier: MIT
//
// Compilers that a cache has results of, though this machine may not have them: they came with results from elsewhere.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { guestArchitectures } from "../../guest-architectures.ts";
import type { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import { namesIfThere } from "../work/files.ts";
import type { Toolchain } from "./choice/part.ts";
import { type Compilers, findCompilers } from "./compilers.ts";

/** Directory of the cache. */
export const COMPILERS = "compilers";

const recordSchema = z.object({
  asked: z.object({
    llvm: z.string().optional(),
    crossCompile: z.string().optional(),
    architecture: z.enum(guestArchitectures).optional(),
  }),
  compilers: z.object({
    host: z.string(),
    kernel: z.string(),
    compiler: z.string(),
    crossPrefix: z.string(),
  }),
});

/** Compilers, and what was asked for where they were used. */
export interface UsedCompilers {
  readonly asked: Toolchain;
  readonly compilers: Compilers;
}

/** By which results may have been made: this machine's own first, where it has them, then those of results from elsewhere. */
export async function knownCompilers(cache: Cache, asked: Toolchain): Promise<Compilers[]> {
  const own = await findCompilers(asked).catch(() => undefined);
  const known = own === undefined ? [] : [own];
  const names = await namesIfThere(join(cache.root, COMPILERS));
  for (const name of names.filter((one) => one.endsWith(".json")).sort()) {
    const text = await readFile(join(cache.root, COMPILERS, name), "utf8");
    const record = recordSchema.parse(JSON.parse(text));
    const { llvm, crossCompile, architecture = "arm64" } = record.asked;
    if (llvm !== asked.llvm || crossCompile !== asked.crossCompile) continue;
    if (architecture !== (asked.architecture ?? "arm64")) continue;
    known.push({ ...record.compilers, architecture, llvm, launcher: undefined });
  }
  return known;
}

/** A record of them, for another cache: its path there, and its text. */
export function compilersRecord({ asked, compilers }: UsedCompilers): [path: string, text: string] {
  const { host, kernel, compiler, crossPrefix } = compilers;
  const text = JSON.stringify({ asked, compilers: { host, kernel, compiler, crossPrefix } });
  return [join(COMPILERS, `${cacheKey(text).slice(0, 16)}.json`), text];
}
