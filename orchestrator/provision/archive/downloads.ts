// SPDX-License-Identifier: MIT

import { join } from "node:path";
import type { Cache } from "../cache/cache.ts";
import { cacheKey, type KeyInput } from "../cache/cache-key.ts";
import type { Task } from "../work/task.ts";
import type { Archive, PinnedPackage } from "./apt.ts";
import { type PinGroup, readRecord, resolvePin } from "./pins.ts";

/** Files of the archive on this machine, and which they are. */
export interface Download<T> {
  readonly pin: T;
  readonly directory: string;
}

/**
 * Has the files of a pin group on this machine: from the cache, else from the archive; with the recorded versions, or with
 * the newest when the archive has dropped those.
 */
export async function obtain<T extends KeyInput>(
  cache: Cache,
  archive: Archive,
  group: PinGroup<T>,
  task: Task,
  fetch: (pin: T, directory: string) => Promise<void>,
): Promise<Download<T>> {
  const download = async (pin: T): Promise<Download<T>> => {
    const key = downloadKey(group, pin);
    const directory = await cache.produce("downloads", key, task, (into) => fetch(pin, into));
    return { pin, directory };
  };
  const record = await readRecord(cache, group);
  if (record === undefined) return download(await resolvePin(cache, archive, group, task));
  if (record.ageMs > (group.maxAgeMs ?? Number.POSITIVE_INFINITY)) {
    const fresh = await resolvePin(cache, archive, group, task).catch((error: unknown) => {
      task.signal.throwIfAborted();
      task.say(`the archive does not answer (${String(error)}); going on with what it had last`);
      return record.pin;
    });
    return download(fresh);
  }
  try {
    return await download(record.pin);
  } catch {
    task.signal.throwIfAborted();
    task.say("the recorded versions could not be fetched; asking the archive for the newest");
    return download(await resolvePin(cache, archive, group, task));
  }
}

/** Says that a pin's files are needed, though what was made of them is there. */
export function referDownload<T extends KeyInput>(cache: Cache, group: PinGroup<T>, pin: T): void {
  cache.refer("downloads", downloadKey(group, pin));
}

/** Full path of a downloaded package's file. */
export function debPath(directory: string, pinned: PinnedPackage): string {
  return join(directory, pinned.fileName);
}

function downloadKey<T extends KeyInput>(group: PinGroup<T>, pin: T): string {
  return cacheKey([group.name, pin]);
}
