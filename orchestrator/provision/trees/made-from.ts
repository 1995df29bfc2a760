// SPDX-License-Identifier: MIT
//
// What make has looked at in a source tree while it built, and whether all of that still is as it was. A file is as it was if its
// inode, mode, size and both of its times are: no edit leaves the time of the last change (ctime), and nobody can set that one back.

import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";

/** Paths from the top of the source tree, to what is elsewhere, too. */
export interface MadeFrom {
  /** Directories all of whose files count, so that one that is new or gone does. */
  readonly directories: readonly string[];
  /** Files beside those. */
  readonly files: readonly string[];
}

/**
 * Whose makefiles and programs are used without a trace in the build tree, with all below them. What is built by tools/build
 * (objtool, resolve_btfids) leaves paths from where its source is, which the traces do not say.
 */
const USED_WHOLE = [
  ...["include", "scripts", "tools/arch", "tools/bootconfig", "tools/bpf/resolve_btfids"],
  ...["tools/build", "tools/include", "tools/lib", "tools/objtool", "tools/scripts"],
];

/** The same, below the directory of each architecture that make was in. */
const USED_WHOLE_OF_ARCH = ["include", "tools"];

/** File systems whose times are by this machine's clock (linux/magic.h and fs/xfs, fs/f2fs, fs/bcachefs): times of a server's are not. */
const LOCAL = new Set([
  ...[0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0xf2f52010, 0x2fc12fc1, 0xca451a4e],
]);

/** Whether times of files in the directory can be compared with those of others on this machine. */
export async function hasLocalTimes(directory: string): Promise<boolean> {
  return LOCAL.has((await statfs(directory)).type);
}

/**
 * What was looked at, by the traces that make has left in its build tree: a directory for each that it was in, the files that each
 * compilation has read (.NAME.cmd, scripts/basic/fixdep.c), and the Kconfig files (include/config/auto.conf.cmd).
 */
export function madeFrom(source: string, build: string): MadeFrom {
  const directories = new Set<string>();
  const files = new Set<string>();
  for (const below of [...USED_WHOLE, ...ofArchitectures(build)])
    for (const path of directoriesOf(source, below)) directories.add(path);
  for (const below of directoriesOf(build, "")) {
    if (isDirectory(join(source, below))) directories.add(below);
    for (const name of readdirSync(join(build, below))) {
      if (!name.endsWith(".cmd")) continue;
      // Kconfig's are named from the source, a compilation's from the build, or in full.
      const from = name === "auto.conf.cmd" ? source : build;
      for (const path of namedIn(join(build, below, name))) files.add(resolve(from, path));
    }
  }
  // Make names what it is given by a link by where that leads.
  const builds = [build, realpathSync(build)];
  const others = [...files]
    .filter((path) => !builds.some((directory) => path.startsWith(directory + sep)))
    .map((path) => relative(source, path))
    .filter((path) => !directories.has(directoryOf(path)));
  return { directories: [...directories].sort(), files: others.sort() };
}

function ofArchitectures(build: string): string[] {
  return namesOf(join(build, "arch")).flatMap(({ name }) =>
    USED_WHOLE_OF_ARCH.map((below) => join("arch", name, below)),
  );
}

/** What stands in a line of its own, as make's and fixdep's lists have it. */
function namedIn(file: string): string[] {
  const lines = readFileSync(file, "latin1").match(/^(source_\S+ := |\s+)[^\s$()]+/gm) ?? [];
  return lines.map((line) => line.replace(/^source_\S+ := |\s+/, ""));
}

/**
 * A hash that differs as soon as anything does.
 *
 * @returns undefined if `before` is given, a time in ns, and something has changed since: what make saw of it is not known.
 */
export function fingerprint(
  source: string,
  { directories, files }: MadeFrom,
  before?: bigint,
): string | undefined {
  const hash = createHash("sha256");
  let changed = false;
  const add = (path: string) => {
    for (const status of statusesOf(join(source, path))) {
      const { ctimeNs, mtimeNs, size, ino, mode } = status ?? {};
      hash.update(`${path}\0${ctimeNs} ${mtimeNs} ${size} ${ino} ${mode}\n`);
      if (before !== undefined && ctimeNs !== undefined && ctimeNs >= before) changed = true;
    }
  };
  for (const directory of directories) {
    for (const name of namesOf(join(source, directory))) {
      if (name.isDirectory()) hash.update(`${join(directory, name.name)}/\n`);
      else add(join(directory, name.name));
    }
  }
  for (const path of files) add(path);
  return changed ? undefined : hash.digest("hex");
}

/** That of a path, and where it is a link of what it leads to; undefined for what is not there. */
function statusesOf(path: string) {
  const options = { bigint: true, throwIfNoEntry: false } as const;
  const status = lstatSync(path, options);
  return status?.isSymbolicLink() ? [status, statSync(path, options)] : [status];
}

/** A directory that has gone has nothing. */
function namesOf(directory: string) {
  if (!isDirectory(directory)) return [];
  const names = readdirSync(directory, { withFileTypes: true });
  // A repository's own directory is no part of the source.
  return names.filter(({ name }) => name !== ".git").sort((a, b) => (a.name < b.name ? -1 : 1));
}

function directoriesOf(root: string, below: string): string[] {
  if (!isDirectory(join(root, below))) return [];
  const inside = namesOf(join(root, below)).filter((entry) => entry.isDirectory());
  return [below, ...inside.flatMap(({ name }) => directoriesOf(root, join(below, name)))];
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function directoryOf(path: string): string {
  const directory = dirname(path);
  return directory === "." ? "" : directory;
}
