// SPDX-License-Identifier: MIT
//
// Files below a directory by paths that come from elsewhere: whatever the path says, and whatever links lie on the way, nothing
// outside of the directory is touched.

import { lstatSync, mkdirSync, type Stats } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";

/** Whether a relative path stays below where it begins, and names something there. */
export function staysBelow(path: string): boolean {
  return path.split(sep).every((part) => part !== "" && part !== "." && part !== "..");
}

/** What is at `path` itself below `directory`; undefined when nothing is, or when it lies behind a symbolic link. */
export function statBelow(directory: string, path: string): Stats | undefined {
  if (!staysBelow(path)) return undefined;
  for (const ancestor of ancestorsOf(path)) {
    const status = lstatSync(join(directory, ancestor), { throwIfNoEntry: false });
    if (status?.isDirectory() !== true) return undefined;
  }
  return lstatSync(join(directory, path), { throwIfNoEntry: false });
}

/** Removes a file or link; a directory only when `wholeDirectory`. What lies behind a link on the way stays. */
export async function removeBelow(
  directory: string,
  path: string,
  wholeDirectory: boolean,
): Promise<void> {
  const status = statBelow(directory, path);
  if (status === undefined || (status.isDirectory() && !wholeDirectory)) return;
  await rm(join(directory, path), { recursive: wholeDirectory, force: true });
}

/** Makes real directories of all that `path` lies in: what stands there as a link or a file goes. */
export async function makeWayBelow(directory: string, path: string): Promise<void> {
  if (!staysBelow(path)) throw new Error(`the path ${path} leads out of ${directory}`);
  for (const ancestor of ancestorsOf(path)) {
    const place = join(directory, ancestor);
    const status = lstatSync(place, { throwIfNoEntry: false });
    if (status?.isDirectory() === true) continue;
    if (status !== undefined) await rm(place);
    mkdirSync(place);
  }
}

/** `a/b/c` lies in `a` and `a/b`. */
function ancestorsOf(path: string): string[] {
  const ancestors: string[] = [];
  for (let above = dirname(path); above !== "."; above = dirname(above)) ancestors.unshift(above);
  return ancestors;
}
