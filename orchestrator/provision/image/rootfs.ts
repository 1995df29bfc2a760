// SPDX-License-Identifier: MIT
//
// The guests' root file system as archive entries: programs picked from unpacked Debian packages, the libraries they
// ask for, busybox under its many names, and the files of guest-images/rootfs/files as they are.

import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { CpioEntry } from "./cpio.ts";
import { readElfDependencies } from "./elf.ts";

/** Top-level names of a Debian system that are links into /usr. */
const MERGED_DIRECTORIES = ["bin", "sbin", "lib"];

const EMPTY_DIRECTORIES = ["dev", "proc", "sys", "run", "tmp", "mnt", "var/log", "root"];

export interface RootfsInput {
  /** Directory that all packages were unpacked into. */
  readonly unpacked: string;
  /** guest-images/rootfs of the project. */
  readonly definition: string;
  /** Where the packages' libraries are below /usr/lib; in the list of programs it is called TRIPLET. */
  readonly triplet: string;
}

const TRIPLET = "TRIPLET";

/** Lines of a list file without comments and blank lines. */
export function parseList(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/**
 * @throws Error naming every program, library or busybox applet that the packages do not provide.
 */
export async function collectRootfs(input: RootfsInput): Promise<CpioEntry[]> {
  const entries = new Map<string, CpioEntry>();
  const add = (entry: CpioEntry): void => {
    entries.set(entry.path, entry);
  };
  for (const name of MERGED_DIRECTORIES)
    add({ kind: "symlink", path: name, target: `usr/${name}` });
  for (const path of EMPTY_DIRECTORIES) add({ kind: "directory", path, mode: 0o755 });

  await addPrograms(input, add);
  await addApplets(input, entries, add);
  for (const entry of await readTree(join(input.definition, "files"))) add(entry);
  return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function addPrograms(input: RootfsInput, add: (entry: CpioEntry) => void): Promise<void> {
  const missing: string[] = [];
  const seen = new Set<string>();
  const queue = parseList(await readFile(join(input.definition, "programs"), "utf8")).map(
    (path) => ({
      path: path.replace(TRIPLET, input.triplet),
      wantedBy: "programs",
    }),
  );
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const path = posix.normalize(next.path.replace(/^\/(bin|sbin|lib)\//, "/usr/$1/"));
    if (seen.has(path)) continue;
    seen.add(path);
    const source = join(input.unpacked, path);
    const status = await lstat(source).catch(() => undefined);
    if (status === undefined) {
      missing.push(`${path} (wanted by ${next.wantedBy})`);
      continue;
    }
    if (status.isSymbolicLink()) {
      const target = await readlink(source);
      add({ kind: "symlink", path: path.slice(1), target });
      queue.push({ path: posix.resolve(dirname(path), target), wantedBy: path });
      continue;
    }
    const data = await readFile(source);
    add({ kind: "file", path: path.slice(1), mode: status.mode & 0o777, data });
    for (const library of await libraryPaths(input, data)) {
      queue.push({ path: library, wantedBy: path });
    }
  }
  if (missing.length > 0) {
    throw new Error(`root file system: the packages do not provide ${missing.join(", ")}`);
  }
}

async function libraryPaths({ unpacked, triplet }: RootfsInput, file: Buffer): Promise<string[]> {
  const usual = [`/usr/lib/${triplet}`, "/usr/lib"];
  const wants = readElfDependencies(file);
  if (wants === undefined) return [];
  const paths = wants.interpreter === undefined ? [] : [wants.interpreter];
  for (const name of wants.needed) {
    const candidates = [...wants.directories, ...usual].map((directory) => `${directory}/${name}`);
    const found = await Promise.all(
      candidates.map(
        async (path) => (await lstat(join(unpacked, path)).catch(() => undefined)) && path,
      ),
    );
    // Not found: hand on the likeliest place, so that the caller names it with who wanted it.
    paths.push(found.find((path) => path !== undefined) ?? `${usual[0]}/${name}`);
  }
  return paths;
}

async function addApplets(
  input: RootfsInput,
  entries: ReadonlyMap<string, CpioEntry>,
  add: (entry: CpioEntry) => void,
): Promise<void> {
  const busybox = entries.get("usr/bin/busybox");
  if (busybox?.kind !== "file")
    throw new Error("root file system: 'programs' must list /usr/bin/busybox");
  const applets = parseList(await readFile(join(input.definition, "applets"), "utf8"));
  // The binary holds its applets' names as C strings; a name that is not among them would be a dead link.
  const binary = Buffer.from(busybox.data);
  const unknown = applets.filter((name) => !binary.includes(`\0${name}\0`));
  if (unknown.length > 0) {
    throw new Error(
      `root file system: busybox has no applet ${unknown.join(", ")} (listed in 'applets')`,
    );
  }
  for (const name of applets) {
    if (entries.has(`usr/bin/${name}`) || entries.has(`usr/sbin/${name}`)) {
      throw new Error(
        `root file system: '${name}' is listed in 'applets', but a package provides it`,
      );
    }
    add({ kind: "symlink", path: `usr/bin/${name}`, target: "busybox" });
  }
}

/**
 * Every file, link and directory under `root`, sorted by path, below `prefix` in the archive. Files that may be
 * executed get mode 0755, all others 0644, whatever the umask of the check-out was.
 */
export async function readTree(root: string, prefix = ""): Promise<CpioEntry[]> {
  const names = (await readdir(root)).sort();
  const entries: CpioEntry[] = [];
  for (const name of names) {
    const source = join(root, name);
    const path = prefix === "" ? name : `${prefix}/${name}`;
    const status = await lstat(source);
    if (status.isDirectory()) {
      entries.push({ kind: "directory", path, mode: 0o755 }, ...(await readTree(source, path)));
    } else if (status.isSymbolicLink()) {
      entries.push({ kind: "symlink", path, target: await readlink(source) });
    } else {
      const mode = status.mode & 0o100 ? 0o755 : 0o644;
      entries.push({ kind: "file", path, mode, data: await readFile(source) });
    }
  }
  return entries;
}
