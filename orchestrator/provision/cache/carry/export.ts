// SPDX-License-Identifier: MIT
//
// Writes results of the cache into one file, by which another machine of this kind is spared their making.

import { createWriteStream } from "node:fs";
import { mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { ExecaError, execa } from "execa";
import { InfrastructureError } from "../../../errors.ts";
import type { Cache } from "../cache.ts";
import { type Carried, filesOf, MANIFEST, WINDOW_LOG } from "./manifest.ts";

/** Smaller files cost much time from here on. */
const LEVEL = 9;

export interface ExportRequest {
  /** Results, as `kind/key`. */
  readonly entries: readonly string[];
  /** Records to go along, by their paths in a cache. */
  readonly records: Readonly<Record<string, string>>;
  /** This project's own revision. */
  readonly lab: string;
}

/**
 * Writes a file of those results; what was at its place stays until the new one is whole.
 *
 * @returns its size in bytes.
 */
export async function exportCache(
  cache: Cache,
  request: ExportRequest,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const work = await mkdtemp(join(tmpdir(), "export-"));
  const partial = `${file}.partial`;
  try {
    const carried = await describe(cache, request);
    await writeFile(join(work, MANIFEST), JSON.stringify(carried));
    const anonymous = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name"];
    const members = request.entries.length === 0 ? [] : ["-C", cache.root, ...request.entries];
    const tar = execa("tar", ["--create", ...anonymous, "-C", work, MANIFEST, ...members], {
      ...{ stdout: "pipe", buffer: { stdout: false, stderr: true }, cancelSignal: signal },
      encoding: "buffer",
    });
    const compress = createZstdCompress({
      params: {
        [constants.ZSTD_c_compressionLevel]: LEVEL,
        [constants.ZSTD_c_windowLog]: WINDOW_LOG,
        [constants.ZSTD_c_checksumFlag]: 1,
      },
    });
    await Promise.all([
      tar.catch((error: unknown) => {
        signal.throwIfAborted();
        throw unreadable(error);
      }),
      pipeline(tar.stdout, compress, createWriteStream(partial, { flush: true }), { signal }),
    ]);
    await rename(partial, file);
    return (await stat(file)).size;
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
}

/** Results never change; but tar looks at more than their content, which a run beside this one may touch. */
function unreadable(cause: unknown): InfrastructureError {
  const said = cause instanceof ExecaError ? Buffer.from(cause.stderr ?? []).toString() : "";
  const [reason = String(cause)] = said.trim().split("\n");
  return new InfrastructureError(
    `the cache could not be written to a file: ${reason}; another run may be at work in it: give the command again when that is done`,
    {},
    { cause },
  );
}

async function describe(cache: Cache, { entries, records, lab }: ExportRequest): Promise<Carried> {
  const described: Carried["entries"] = [];
  for (const entry of entries) {
    const [kind = "", key = ""] = entry.split("/");
    described.push({ kind, key, files: await filesOf(join(cache.root, entry)) });
  }
  return {
    ...{ schema: 1, lab, made: new Date().toISOString(), architecture: process.arch },
    ...{ records, entries: described },
  };
}
