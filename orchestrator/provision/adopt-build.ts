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
import { basename, dirname, join } from "node:path";
import { exists } from "./files.ts";
import { stampsOf } from "./mirror.ts";
import type { Step } from "./step.ts";

/** A source tree and where it is built. */
export interface BuildPlace {
  readonly source: string;
  readonly build: string;
  /** Where other modules are built against it; any may be absent. */
  readonly modules: readonly string[];
}

/** A directory's name as make has written it, and what it is to be. */
type Renaming = readonly [former: string, present: string];

/** Make's link in a build tree: the real path of the source that it was made from, wherever that has been moved to since. */
const SOURCE_LINK = "source";

/** As much of a file as tells text from objects. */
const HEAD = 4096;

/**
 * Makes `to.build`, which is not there, a copy of `from.build`, which nobody else may be at work on, and the same of the modules.
 * Files of the new source that are not the former one's get the present time: whatever was made from them is older.
 */
export async function adoptBuild(from: BuildPlace, to: BuildPlace, step: Step): Promise<void> {
  const renamings: Renaming[] = [
    [await readlink(join(from.build, SOURCE_LINK)), await realpath(to.source)],
    [await realpath(from.build), join(await realpath(dirname(to.build)), basename(to.build))],
  ];
  const whole: [partial: string, place: string][] = [];
  for (const [former, place] of pairs(from, to)) {
    if (!(await exists(former)) || (await exists(place))) continue;
    const partial = `${place}.partial`;
    await rm(partial, { recursive: true, force: true });
    await step.run("cp", ["--archive", "--reflink=auto", former, partial]);
    relocate(partial, (text) => renamings.reduce(renamed, text));
    whole.push([partial, place]);
  }
  if (from.source !== to.source) renew(from.source, to.source);
  for (const [partial, place] of whole) await rename(partial, place);
}

/** The kernel's own comes last: once it is there, all is. */
function pairs(from: BuildPlace, to: BuildPlace): [former: string, place: string][] {
  const places = [...to.modules, to.build];
  return [...from.modules, from.build].map((former, index) => [former, places[index] ?? ""]);
}

function renamed(text: string, [former, present]: Renaming): string {
  const name = new RegExp(`${former.replace(/[^\w/]/g, "\\$&")}(?![\\w.-])`, "g");
  return text.replace(name, () => present);
}

/** Renames in every text file and link. Links are not followed: they lead into the source. */
function relocate(tree: string, rename: (text: string) => string): void {
  for (const entry of readdirSync(tree, { withFileTypes: true })) {
    const path = join(tree, entry.name);
    if (entry.isDirectory()) relocate(path, rename);
    else if (entry.isSymbolicLink()) {
      const target = readlinkSync(path);
      const relocated = rename(target);
      if (relocated === target) continue;
      rmSync(path);
      symlinkSync(relocated, path);
    } else if (entry.isFile() && isText(path)) {
      const text = readFileSync(path, "latin1");
      const relocated = rename(text);
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
