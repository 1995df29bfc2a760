// SPDX-License-Identifier: MIT
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { defaultCacheRoot } from "../provision/cache/cache.ts";
import { sha256 } from "../provision/cache/cache-key.ts";
import { acquireLock } from "../provision/work/lock.ts";

/**
 * An empty directory that is the same one whenever this file is unpacked: what is built from patches is found by their paths.
 * Whoever unpacks the same file meanwhile waits, and is told so by `onWait`.
 */
export async function unpackingDirectory(
  file: string,
  onWait: () => void,
  cacheRoot = defaultCacheRoot(),
): Promise<{ path: string; remove: () => Promise<void> }> {
  const data = await readFile(file).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read`, { cause });
  });
  const path = join(cacheRoot, "replays", sha256(data).slice(0, 16));
  const lock = await acquireLock(`${path}.lock`, { onWait });
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  const remove = async () => {
    await rm(path, { recursive: true, force: true });
    await lock.release();
  };
  return { path, remove };
}
