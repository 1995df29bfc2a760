// SPDX-License-Identifier: MIT
//
// A first build that begins from another one: of the same tree with other settings, of the tree that patches went onto, or of
// one that this tree is a copy of. Make then compiles what differs and no more. It compares times, and the commands of the former
// build to the letter, so the copy keeps its times and speaks of the new source.

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
import { exists } from "../work/files.ts";
import { stampsOf } from "../work/mirror.ts";
import type { Task } from "../work/task.ts";
import { compareTrees } from "./tree-content.ts";

/** A source tree and where it is built. */
export interface BuildPlace {
  readonly source: string;
  readonly build: string;
  /** Where other modules are built against it; any may be absent. */
  readonly modules: readonly string[];
}

/** A tree that is to be built. */
export interface NewBuildPlace extends BuildPlace {
  /** Whether its files may be given new times. A person's own may not. */
  readonly ours: boolean;
}

/** A directory's name as make has written it, and what it is to be; a character is a byte. */
type Renaming = readonly [former: string, present: string];

/** Make's link in a build tree: the real path of the source that it was made from, wherever that has been moved to since. */
const SOURCE_LINK = "source";

/** The encoding in which a character is a byte. */
const BYTES = "latin1";

/** As much of a file as tells text from objects. */
const HEAD = 4096;

/**
 * Makes `to.build`, which is not there, a copy of `from.build`, and the same of the modules. Nobody else may be at work on any.
 * What differs between both sources must be newer than all that is copied: files get the present time for it where that is allowed;
 * where it is not, builds that are too new stay behind.
 *
 * @returns whether there is a build now. There is none when nothing could be gained, or make would not see what differs.
 */
export async function adoptBuild(
  from: BuildPlace,
  to: NewBuildPlace,
  task: Task,
): Promise<boolean> {
  const unlike = from.source === to.source ? [] : unlikeFiles(from, to);
  if (unlike === undefined) return false;
  const oldest = to.ours ? Number.POSITIVE_INFINITY : Math.min(...unlike.map(({ time }) => time));
  const names = [
    [await readlink(join(from.build, SOURCE_LINK)), await realpath(to.source)],
    [await realpath(from.build), join(await realpath(dirname(to.build)), basename(to.build))],
  ] as const;
  const renamings = names.map(([former, present]): Renaming => [bytes(former), bytes(present)]);
  const whole: [partial: string, place: string][] = [];
  for (const [former, place] of pairs(from, to)) {
    if (!(await exists(former)) || newest(former) >= oldest) continue;
    const partial = `${place}.partial`;
    await rm(partial, { recursive: true, force: true });
    await task.run("cp", ["--archive", "--reflink=auto", former, partial]);
    relocate(partial, (text) => renamings.reduce(renamed, text));
    whole.push([partial, place]);
  }
  const now = new Date();
  if (to.ours) for (const { path } of unlike) lutimesSync(join(to.source, path), now, now);
  // Modules that are there already are newer than what is adopted, but were built against something else.
  for (const place of to.modules) await rm(place, { recursive: true, force: true });
  for (const [partial, place] of whole) await rename(partial, place);
  return true;
}

/**
 * Files that are not the former source's, or older than those, which may have been edited since they were compiled. Undefined
 * when most files are newer than the build, as in a fresh check-out, or make would not see one of these: it is older and must stay
 * so, or leads to another file, whose time make looks at.
 */
function unlikeFiles(
  from: BuildPlace,
  to: NewBuildPlace,
): { readonly path: string; readonly time: number }[] | undefined {
  const built = newest(from.build);
  const times = timesBelow(to.source);
  if (times.filter((time) => time > built).length * 2 > times.length) return undefined;
  const unlike: { path: string; time: number }[] = [];
  for (const { path, status, former } of compareTrees(from.source, to.source)) {
    if (former !== undefined && status.mtimeMs >= former.mtimeMs) continue;
    if (former === undefined && status.isSymbolicLink()) return undefined;
    if (!to.ours && status.mtimeMs <= built) return undefined;
    unlike.push({ path, time: status.mtimeMs });
  }
  return unlike;
}

/** The latest time of any file below, in milliseconds. */
function newest(directory: string): number {
  return timesBelow(directory).reduce((one, other) => Math.max(one, other), 0);
}

function timesBelow(directory: string): number[] {
  return Object.values(stampsOf(directory)).map(Number.parseFloat);
}

/** The kernel's own comes last: once it is there, all is. */
function pairs(from: BuildPlace, to: BuildPlace): [former: string, place: string][] {
  const places = [...to.modules, to.build];
  return [...from.modules, from.build].map((former, index) => [former, places[index] ?? ""]);
}

/** Whatever script a name is in, so it stands in files that are read like this. */
function bytes(name: string): string {
  return Buffer.from(name).toString(BYTES);
}

/** A whole path, or what is below it; also right after a flag (-I). */
function renamed(text: string, [former, present]: Renaming): string {
  const name = former.replace(/[^\w/]/g, "\\$&");
  // The name comes first, for it is looked for the fastest.
  const begins = `(?<=(?:^|[^\\w./+~\\x80-\\xff-])(?:-\\w+)?${name})`;
  return text.replace(new RegExp(`${name}${begins}(?![\\w.\\x80-\\xff-])`, "g"), () => present);
}

/** Renames in every text file and link. Links are not followed: they lead into the source. */
function relocate(tree: string, rename: (text: string) => string): void {
  for (const entry of readdirSync(tree, { withFileTypes: true })) {
    const path = join(tree, entry.name);
    if (entry.isDirectory()) relocate(path, rename);
    else if (entry.isSymbolicLink()) {
      const target = readlinkSync(path, BYTES);
      const relocated = rename(target);
      if (relocated === target) continue;
      rmSync(path);
      symlinkSync(Buffer.from(relocated, BYTES), path);
    } else if (entry.isFile() && isText(path)) {
      const text = readFileSync(path, BYTES);
      const relocated = rename(text);
      if (relocated === text) continue;
      const { atimeMs, mtimeMs } = statSync(path);
      writeFileSync(path, relocated, BYTES);
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
