// SPDX-License-Identifier: MIT
//
// Our own source files as they are at one moment. What is fingerprinted is what gets built, whatever an editor saves in
// between, and the check-out itself is never written to.

import { chmod, lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type KeyInput, sha256 } from "./cache-key.ts";

export interface SourceFile {
  /** Relative to the snapshot's root. */
  readonly path: string;
  readonly executable: boolean;
  readonly data: Buffer;
}

export type Snapshot = readonly SourceFile[];

/** What a build or an editor leaves in a source directory. */
const LEFTOVERS = /(^\.|~$|\.(o|ko|mod|mod\.c|cmd|swp)$|^(Module\.symvers|modules\.order)$)/;

/** Whether a path ends in a name that a build or an editor made. */
export function isLeftover(path: string): boolean {
  return LEFTOVERS.test(basename(path));
}

/**
 * Reads every file below `root` for whose relative path `keep` is true, sorted by path. Links, hidden files and
 * leftovers of builds are passed over.
 */
export async function takeSnapshot(
  root: string,
  keep: (path: string) => boolean = () => true,
): Promise<Snapshot> {
  return readBelow(root, "", keep);
}

async function readBelow(
  root: string,
  below: string,
  keep: (path: string) => boolean,
): Promise<SourceFile[]> {
  const names = (await readdir(join(root, below))).filter((name) => !isLeftover(name)).sort();
  const files: SourceFile[] = [];
  for (const name of names) {
    const path = join(below, name);
    const status = await lstat(join(root, path));
    if (status.isDirectory()) files.push(...(await readBelow(root, path, keep)));
    else if (status.isFile() && keep(path)) {
      const executable = (status.mode & 0o100) !== 0;
      files.push({ path, executable, data: await readFile(join(root, path)) });
    }
  }
  return files;
}

export function snapshotInput(snapshot: Snapshot): KeyInput {
  return snapshot.map(({ path, executable, data }) => [path, executable, sha256(data)]);
}

/**
 * Makes `directory` hold the snapshot and nothing else that `isOurs` is true for. Files that are right already keep their
 * time stamps, so that make rebuilds only what changed.
 */
export async function writeSnapshot(
  snapshot: Snapshot,
  directory: string,
  isOurs: (path: string) => boolean = () => true,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const wanted = new Set(snapshot.map(({ path }) => path));
  for (const path of await readdir(directory, { recursive: true })) {
    if (wanted.has(path) || !isOurs(path)) continue;
    if ((await lstat(join(directory, path))).isFile()) await rm(join(directory, path));
  }
  for (const { path, data, executable } of snapshot) {
    const target = join(directory, path);
    const present = await readFile(target).catch(() => undefined);
    if (!present?.equals(data)) {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, data);
    }
    await chmod(target, executable ? 0o755 : 0o644);
  }
}
