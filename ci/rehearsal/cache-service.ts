// SPDX-License-Identifier: MIT
//
// What actions/cache keeps between jobs and runs: archives by key. One is found only by who asks for the same paths and
// compresses in the same way, and none is ever written twice. (github.com/actions/toolkit: packages/cache)

import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

export interface CacheEntry {
  readonly key: string;
  readonly version: string;
  readonly archive: string;
  readonly bytes: number;
}

/** A job, as the cache sees it. */
export interface CacheUser {
  readonly workspace: string;
  /** Whether its machine has zstd; otherwise archives are made by gzip. */
  readonly zstd: boolean;
}

export class CacheService {
  readonly entries: CacheEntry[] = [];
  readonly #directory: string;
  #saved = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get bytes(): number {
    return this.entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The key that was found: this one or, of those that begin with one of the others, what was saved last. */
  async restore(
    paths: string,
    key: string,
    others: readonly string[],
    user: CacheUser,
  ): Promise<string | undefined> {
    const version = versionOf(paths, user);
    const mine = this.entries.filter((entry) => entry.version === version);
    const found = [
      mine.find((entry) => entry.key === key),
      ...others.map((prefix) => mine.findLast((entry) => entry.key.startsWith(prefix))),
    ].find((entry) => entry !== undefined);
    if (found === undefined) return undefined;
    const how = ["--use-compress-program", user.zstd ? "zstd -d" : "gzip -d"];
    await execa("tar", [...how, "-xf", found.archive, "-P", "-C", user.workspace]);
    return found.key;
  }

  /** What became of it, in words. */
  async save(paths: string, key: string, user: CacheUser): Promise<string> {
    const version = versionOf(paths, user);
    if (this.entries.some((entry) => entry.key === key && entry.version === version)) {
      return `not saved: there is ${key} already`;
    }
    const files = matching(paths, user.workspace);
    if (files.length === 0) return `not saved: there is nothing at ${linesOf(paths).join(", ")}`;
    await mkdir(this.#directory, { recursive: true });
    const archive = join(this.#directory, `${this.#saved++}.tar`);
    await writeFile(`${archive}.files`, files.map((path) => `${path}\n`).join(""));
    const how = ["--use-compress-program", user.zstd ? "zstd -T0" : "gzip"];
    const what = ["-P", "-C", user.workspace, "--files-from", `${archive}.files`];
    await execa("tar", ["--posix", ...how, "-cf", archive, ...what]);
    const { size: bytes } = await stat(archive);
    this.entries.push({ key, version, archive, bytes });
    return `saved ${key}, ${megabytes(bytes)}`;
  }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What patterns match in the workspace, one a line, but for what those with an exclamation mark match. */
function matching(patterns: string, workspace: string): string[] {
  const found = (lines: readonly string[]) => globSync(lines, { cwd: workspace });
  const lines = linesOf(patterns);
  const excluded = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const out = new Set(found(excluded));
  return found(lines.filter((line) => !line.startsWith("!"))).filter((path) => !out.has(path));
}

function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

function versionOf(paths: string, { zstd }: CacheUser): string {
  const parts = [...linesOf(paths), zstd ? "zstd" : "gzip"];
  return createHash("sha256").update(parts.join("|")).digest("hex");
}
