// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { mkdir, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { execa } from "execa";
import { UsageError } from "../run/errors.ts";

/** A person's repository, of which a bisection reads only the objects. */
export interface Repository {
  readonly directory: string;
  /** The one directory of all its working trees. */
  readonly common: string;
}

/** Enough of a hash to tell repositories apart. */
const keyLength = 16;

/** What git is told before its command: the person's hooks are for the person's own check-outs. */
export function inDirectory(directory: string): string[] {
  return ["-C", directory, "-c", "core.hooksPath=/dev/null"];
}

/** Runs git in a directory; throws execa's error when it fails. */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execa("git", [...inDirectory(directory), ...args]);
  return stdout;
}

/** What git says, or undefined where it fails. */
async function ask(directory: string, ...args: readonly string[]): Promise<string | undefined> {
  const { stdout, exitCode } = await execa("git", [...inDirectory(directory), ...args], {
    reject: false,
  });
  return exitCode === 0 ? stdout : undefined;
}

/** Throws UsageError for a directory that is not the top of a working tree. */
export async function openRepository(directory: string): Promise<Repository> {
  const said = await ask(directory, "rev-parse", "--show-prefix", "--git-common-dir");
  const [prefix, common = ""] = said?.split("\n") ?? [];
  if (prefix === "") return { directory, common: await realpath(resolve(directory, common)) };
  throw new UsageError(`--kernel: expected the top of a git working tree, got ${directory}`);
}

/** The commit that a revision names. Throws UsageError if it names none. */
export async function commitOf(
  { directory }: Repository,
  flag: string,
  revision: string,
): Promise<string> {
  const name = `${revision}^{commit}`;
  const commit = await ask(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", name);
  if (commit !== undefined) return commit;
  throw new UsageError(`${flag}: ${directory} has no commit "${revision}"`);
}

/** How many commits may be the first bad one. Throws UsageError where good is not before bad. */
export async function commitsBetween(
  { directory }: Repository,
  good: string,
  bad: string,
): Promise<number> {
  const before = await ask(directory, "merge-base", "--is-ancestor", good, bad);
  if (before === undefined || good === bad) {
    throw new UsageError(
      `expected --good to be an ancestor of --bad, but ${good.slice(0, 12)} is none of ${bad.slice(0, 12)}`,
    );
  }
  return Number(await git(directory, "rev-list", "--count", `${good}..${bad}`));
}

/** Where bisections of a repository have their working tree; always the same, so that builds find theirs. */
export function worktreePath({ common }: Repository, cacheRoot: string): string {
  const key = createHash("sha256").update(common).digest("hex").slice(0, keyLength);
  return join(cacheRoot, "bisect", key);
}

/**
 * Has the working tree of bisections at a commit: made once, and kept for its files' times, by which make knows what to
 * build. The person's own check-out, branches and index are not touched.
 */
export async function prepareWorktree(
  repository: Repository,
  path: string,
  commit: string,
): Promise<void> {
  const isThere = await openRepository(path).then(
    ({ common }) => common === repository.common,
    () => false,
  );
  if (isThere) {
    // An earlier bisection may have been interrupted.
    await ask(path, "bisect", "reset", "HEAD");
    await checkOut(path, commit);
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const { directory } = repository;
  // Forced: the path may still be registered from a cache that has been cleaned.
  await git(directory, "worktree", "add", "--quiet", "--force", "--detach", path, commit);
}

export async function checkOut(path: string, commit: string): Promise<void> {
  await git(path, "checkout", "--quiet", "--force", "--detach", commit);
}
