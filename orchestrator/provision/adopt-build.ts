// SPDX-License-Identifier: MIT
//
// A first build that begins from another one: of the same tree with other settings, or of the tree that patches went onto.
// Make then compiles what differs and no more. It compares times, and the commands of the former build to the letter, so the
// copy keeps its times and speaks of the new source.

import {
  closeSync,
  lutimesSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readlink, realpath, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { stampsOf } from "./mirror.ts";
import type { Step } from "./step.ts";

/** A source tree and a directory that it is built in. */
export interface BuildPlace {
  readonly source: string;
  readonly build: string;
}

/** Make's link in a build tree: the real path of the source that it was made from, wherever that has been moved to since. */
const SOURCE_LINK = "source";

/** As much of a file as tells text from objects. */
const HEAD = 4096;

/**
 * Makes `to.build`, which is not there, a copy of `from.build`, which nobody else may be at work on. Files of the new source that
 * are not the former one's get the present time: whatever was made from them is older.
 */
export async function adoptBuild(from: BuildPlace, to: BuildPlace, step: Step): Promise<void> {
  const partial = `${to.build}.partial`;
  await rm(partial, { recursive: true, force: true });
  await step.run("cp", ["--archive", "--reflink=auto", from.build, partial]);
  const former = await readlink(join(from.build, SOURCE_LINK));
  const present = await realpath(to.source);
  if (former !== present) relocate(partial, former, present);
  if (from.source !== to.source) renew(from.source, to.source);
  await rename(partial, to.build);
}

/** Replaces a directory's name in every text file and link. */
function relocate(tree: string, former: string, present: string): void {
  const name = new RegExp(`${former.replace(/[^\w/]/g, "\\$&")}(?![\\w.-])`, "g");
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) {
      const target = readlinkSync(path).replace(name, () => present);
      rmSync(path);
      symlinkSync(target, path);
    } else if (entry.isFile() && isText(path)) {
      const text = readFileSync(path, "latin1");
      const relocated = text.replace(name, () => present);
      if (relocated === text) continue;
      const { atimeMs, mtimeMs } = statSync(path);
      writeFileSync(path, relocated, "latin1");
      lutimesSync(path, atimeMs / 1000, mtimeMs / 1000);
    }
  }
}

function isText(path: string): boolean {
  const head = Buffer.alloc(HEAD);
  const file = openSync(path, "r");
  try {
    return !head.subarray(0, readSync(file, head)).includes(0);
  } finally {
    closeSync(file);
  }
}

function renew(former: string, present: string): void {
  const stamps = stampsOf(former);
  const now = new Date();
  for (const [path, stamp] of Object.entries(stampsOf(present))) {
    if (stamps[path] !== stamp) lutimesSync(join(present, path), now, now);
  }
}
