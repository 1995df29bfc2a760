// SPDX-License-Identifier: MIT
//
// Git in a person's kernel tree, which is only asked.

import { execa } from "execa";

/**
 * Git in a tree that is a repository, and undefined for any other: a tree inside another repository, such as one unpacked below a
 * check-out, is not that one's, and its changes are nobody's business. What git says is given byte for byte, as latin1: files of
 * the kernel are not all in UTF-8.
 */
export async function treeGit(directory: string) {
  const git = (...args: readonly string[]) =>
    execa("git", ["-C", directory, ...args], {
      // It may not even refresh its index.
      env: { GIT_OPTIONAL_LOCKS: "0" },
      encoding: "latin1",
      reject: false,
    });
  const within = await git("rev-parse", "--show-prefix");
  return within.exitCode === 0 && within.stdout === "" ? git : undefined;
}

/** Has git print the changes on the commit as `git apply` takes them, whatever the person has set for diffs. */
export const changesOnCommit: readonly string[] = [
  // Else it writes down times that have changed, without asking whether it may.
  ...["-c", "diff.autoRefreshIndex=false"],
  ...["diff", "HEAD", "--binary", "--no-color", "--no-ext-diff", "--no-textconv"],
  ...["--src-prefix=a/", "--dst-prefix=b/"],
];

/** All working trees of the repository that a directory is in; none where there is no repository, or no git. */
export async function workingTrees(directory: string): Promise<string[]> {
  const { stdout, exitCode } = await execa(
    "git",
    ["-C", directory, "worktree", "list", "--porcelain"],
    { reject: false },
  );
  if (exitCode !== 0) return [];
  return [...stdout.matchAll(/^worktree (.*)$/gm)].map(([, path = ""]) => path);
}
