// SPDX-License-Identifier: MIT
//
// How what was chosen of a kernel travels in a bundle: what the manifest says of it, which files go along, and what it is made
// of again on another machine.

import { copyFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import * as z from "zod";
import type { KernelArtifacts } from "../artifacts.ts";
import { UsageError } from "../errors.ts";
import type { KernelSource, Travels } from "../provision/kernel/choice/part.ts";
import { isPatchFile } from "../provision/trees/patches.ts";
import { changesOnCommit, treeGit } from "../provision/trees/tree-git.ts";
import { ifAbsent } from "../provision/work/files.ts";
import { staysBelow } from "../provision/work/inside-directory.ts";

/** A file in the bundle, from its top. */
export const bundledPath = z
  .string()
  .refine(staysBelow, { error: "expected a path inside the bundle" });

/** Where files go: into `place` below `top`. */
export interface Packing {
  readonly top: string;
  readonly place: string;
  /** Absent when the kernel could not be built. */
  readonly built: KernelArtifacts | undefined;
}

export interface Unpacking {
  readonly top: string;
  /** Whose kernel it is, for messages. */
  readonly role: string;
  /** A source of this machine, which is taken in place of the bundle's. */
  readonly tree: KernelSource | undefined;
}

interface Travel<Value, Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly pack: (value: Value, to: Packing) => Promise<z.output<Schema>>;
  readonly unpack: (bundled: z.output<Schema>, from: Unpacking) => Value;
}

const travel = <Value, Schema extends z.ZodType>(one: Travel<Value, Schema>) => one;

export const ways = {
  "as it is": travel({
    schema: z.boolean(),
    pack: async (value: boolean) => value,
    unpack: (value) => value,
  }),
  "unless a path": travel({
    schema: z.string().optional(),
    pack: async (value: string | undefined) =>
      value === undefined || isAbsolute(value) ? undefined : value,
    unpack: (value) => value,
  }),
  "names and copied files": travel<readonly string[], z.ZodArray<typeof bundledPath>>({
    schema: z.array(bundledPath),
    pack: copyFiles,
    // What was copied lies in a directory.
    unpack: (words, { top }) => words.map((word) => (word.includes("/") ? join(top, word) : word)),
  }),
  "copied patches": travel({
    schema: z
      .union([z.object({ path: bundledPath }), z.object({ message: z.string() })])
      .optional(),
    pack: async (patches: string | undefined, to) =>
      patches === undefined ? undefined : copyPatches(to.built?.patches ?? patches, to),
    unpack: (patches, { top }) => {
      if (patches === undefined) return undefined;
      return "path" in patches ? join(top, patches.path) : patches.message;
    },
  }),
  "described tree": travel({
    schema: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("debian"), series: z.string() }),
      /** A person's own tree: its state in words, and what was changed on top of its commit. */
      z.object({ kind: z.literal("tree"), state: z.string(), changes: bundledPath.optional() }),
    ]),
    pack: describeTree,
    unpack: sourceFrom,
  }),
} as const satisfies {
  readonly [Way in keyof Travels]: {
    readonly pack: (value: Travels[Way], to: Packing) => Promise<unknown>;
    readonly unpack: (bundled: never, from: Unpacking) => Travels[Way];
  };
};

async function copyFiles(words: readonly string[], { top, place }: Packing): Promise<string[]> {
  const packed: string[] = [];
  for (const [index, word] of words.entries()) {
    if (!isAbsolute(word)) packed.push(word);
    else {
      const to = `${place}/${index + 1}-${basename(word)}`;
      await copyFile(word, join(top, to));
      packed.push(to);
    }
  }
  return packed;
}

async function copyPatches(
  patches: string,
  { top, place }: Packing,
): Promise<{ path: string } | { message: string }> {
  const there = await stat(patches).catch(ifAbsent(undefined));
  if (!there) return { message: patches };
  const path = `${place}/patches`;
  await mkdir(join(top, path));
  if (!there.isDirectory()) {
    const file = `${path}/${basename(patches)}`;
    await copyFile(patches, join(top, file));
    return { path: file };
  }
  // What else lies in the directory stays there.
  for (const name of (await readdir(patches)).filter(isPatchFile)) {
    await copyFile(join(patches, name), join(top, path, name));
  }
  return { path };
}

type BundledSource =
  | { kind: "debian"; series: string }
  | { kind: "tree"; state: string; changes?: string | undefined };

/** Changes on a tree that are too large for a mail are told of, not taken along. */
const mostChanges = 8 * 1024 ** 2;

async function describeTree(
  source: KernelSource,
  { built, place, top }: Packing,
): Promise<BundledSource> {
  if (source.kind === "debian") return { ...source };
  const { directory } = source;
  const state = (built?.origin ?? "not built").replaceAll(directory, "TREE");
  const git = await treeGit(directory);
  if (git === undefined) return { kind: "tree", state };
  const [diff, others] = await Promise.all([
    git(...changesOnCommit),
    git("ls-files", "--others", "--exclude-standard"),
  ]);
  const unknown = others.stdout.split("\n").filter((line) => line !== "").length;
  const told = unknown === 0 ? state : `${state}, and files that git does not know (${unknown})`;
  if (diff.exitCode === 0 && diff.stdout === "") return { kind: "tree", state: told };
  if (diff.exitCode !== 0 || diff.stdout.length > mostChanges) {
    return { kind: "tree", state: `${told}; its changes are not here` };
  }
  const changes = `${place}/changes.patch`;
  await writeFile(join(top, changes), `${diff.stdout}\n`, "latin1");
  return { kind: "tree", state: told, changes };
}

/** @throws UsageError where it was a tree, and none is given. */
function sourceFrom(source: BundledSource, { role, tree }: Unpacking): KernelSource {
  if (tree !== undefined) return tree;
  if (source.kind === "debian") return source;
  const changes =
    source.changes === undefined
      ? ""
      : ` The changes on its commit are in the bundle: ${source.changes}.`;
  throw new UsageError(
    `the bundle's kernel for the ${role} was built from a tree of its own: ${source.state}.${changes}\nGive such a tree: --kernel DIR`,
  );
}
