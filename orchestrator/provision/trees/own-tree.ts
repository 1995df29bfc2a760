// SPDX-License-Identifier: MIT
//
// A person's own kernel tree, which is built out of tree and never written to.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../errors.ts";
import { sha256 } from "../cache/cache-key.ts";
import { exists } from "../work/files.ts";
import type { KernelTree } from "./kernel-source.ts";
import { changesOnCommit, treeGit } from "./tree-git.ts";

/** What a build inside the tree leaves there, and make refuses to build out of tree beside: the Makefile's own list. */
const IN_TREE_PRODUCTS = [".config", "include/config", "arch/arm64/include/generated"];

/** Enough of a hash to tell two states of a tree apart. */
const HASH_LENGTH = 8;

/**
 * The tree's version.
 *
 * @throws UsageError when it is no kernel tree, or has been built in place.
 */
export async function checkOwnTree(directory: string): Promise<string> {
  const version = await versionOf(directory);
  const products: string[] = [];
  for (const path of IN_TREE_PRODUCTS) {
    if (await exists(join(directory, path))) products.push(path);
  }
  if (products.length > 0) {
    throw new UsageError(
      `the kernel tree ${directory} has been built in place (it has ${products.join(", ")}), and make refuses to build it out of tree like that.\n` +
        `Either clean it, which deletes its .config:  make -C ${directory} mrproper\n` +
        `or give a second working tree of it:  git -C ${directory} worktree add ../linux-lab`,
    );
  }
  return version;
}

/** Looks at the tree, and asks Git what has changed in it. Errors are those of `checkOwnTree`. */
export async function ownTree(directory: string): Promise<KernelTree> {
  const version = await checkOwnTree(directory);
  const state = await gitState(directory);
  return {
    directory,
    origin: `${version} in ${directory}${state === undefined ? "" : `, ${state}`}`,
    fixed: undefined,
    strict: false,
  };
}

/** VERSION.PATCHLEVEL.SUBLEVEL and EXTRAVERSION of the tree's Makefile. */
async function versionOf(directory: string): Promise<string> {
  const makefile = await readFile(join(directory, "Makefile"), "utf8").catch(() => "");
  const field = (name: string) => new RegExp(`^${name} *=(.*)$`, "m").exec(makefile)?.[1]?.trim();
  const version = field("VERSION");
  if (version === undefined || !(await exists(join(directory, "arch/arm64/Kconfig")))) {
    throw new UsageError(
      `${directory} is no kernel tree: it has no Makefile with VERSION, or no arch/arm64`,
    );
  }
  const numbers = [version, field("PATCHLEVEL") ?? "0", field("SUBLEVEL") ?? "0"];
  return `${numbers.join(".")}${field("EXTRAVERSION") ?? ""}`;
}

/** The commit, and a hash of the changes on it; undefined outside a repository. */
async function gitState(directory: string): Promise<string | undefined> {
  const git = await treeGit(directory);
  if (git === undefined) return undefined;
  const head = await git("describe", "--always", "--abbrev=12", "--exclude=*");
  // A repository without a commit.
  if (head.exitCode !== 0) return undefined;
  const { stdout: changes, exitCode } = await git(...changesOnCommit);
  const commit = `commit ${head.stdout}`;
  if (exitCode !== 0) return `${commit} with changes or none, which git cannot tell`;
  return changes === ""
    ? commit
    : `${commit} with changes ${sha256(changes).slice(0, HASH_LENGTH)}`;
}
