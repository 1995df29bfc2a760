// SPDX-License-Identifier: MIT
//
// Whether files of two source trees are the same, by what is in them: times and sizes are no proof.

import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { stampsOf } from "../work/mirror.ts";

/** A path that is in `present`, and what is there. */
export interface TreeFile {
  readonly path: string;
  readonly status: Stats;
  /** What is at the same path in `former`, if its content and mode are the same. */
  readonly former: Stats | undefined;
}

/** Every file and link of `present`, compared with that of `former`. A repository's own directory is no part of a tree. */
export function* compareTrees(former: string, present: string): Generator<TreeFile> {
  for (const path of Object.keys(stampsOf(present))) {
    const status = lstatSync(join(present, path));
    // Looked at before it is read: who edits it in between leaves a newer one.
    const before = lstatSync(join(former, path), { throwIfNoEntry: false });
    const same = before !== undefined && isSame(before, status, [former, present], path);
    yield { path, status, former: same ? before : undefined };
  }
}

function isSame(
  one: Stats,
  other: Stats,
  [former, present]: readonly [string, string],
  path: string,
): boolean {
  if (one.ino === other.ino && one.dev === other.dev) return true;
  if (one.mode !== other.mode || one.size !== other.size) return false;
  const [before, now] = [join(former, path), join(present, path)];
  if (one.isSymbolicLink()) return readlinkSync(before) === readlinkSync(now);
  return one.isFile() && readFileSync(before).equals(readFileSync(now));
}
