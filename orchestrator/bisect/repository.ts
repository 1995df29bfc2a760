// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { lutimesSync } from "node:fs";
import { mkdir, mkdtemp, realpath } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { execa } from "execa";
import { UsageError } from "../errors.ts";
import { compareTrees } from "../provision/trees/tree-content.ts";
import { workingTrees } from "../provision/trees/tree-git.ts";

/** A person's repository, of which a bisection reads only the objects. */
export interface Repository {
  readonly directory: string;
  /** The one directory of all its working trees. */
  readonly common: string;
}

/** Enough of a hash to tell repositories apart. */
const keyLength = 16;

/** What git is told before its command: the person's hooks are for the person's own check-outs, signatures for eyes. */
export function inDirectory(directory: string): string[] {
  return ["-C", directory, "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false"];
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

/** What keeps two bisections of a repository apart. */
export function bisectionLock({ common }: Repository, cacheRoot: string): string {
  const key = createHash("sha256").update(common).digest("hex").slice(0, keyLength);
  return join(cacheRoot, "bisect", `${key}.lock`);
}

/**
 * Has the working tree of bisections at a commit: made once, and kept for its files' times, by which make knows what to
 * build. The person's own check-out, branches and index are not touched.
 *
 * @returns its path, always the same one as long as it is there, so that builds find theirs.
 */
export async function openWorktree(
  repository: Repository,
  cacheRoot: string,
  commit: string,
): Promise<string> {
  const home = join(cacheRoot, "bisect");
  await mkdir(home, { recursive: true });
  const present = await worktreeBelow(repository, await realpath(home));
  if (present === undefined) return makeWorktree(repository, await realpath(home), commit);
  // An earlier bisection may have been interrupted.
  await ask(present, "bisect", "reset", "HEAD");
  await checkOut(present, commit);
  return present;
}

/** One that is registered and there: the cache may have been cleaned. */
async function worktreeBelow(
  { directory, common }: Repository,
  home: string,
): Promise<string | undefined> {
  for (const path of await workingTrees(directory)) {
    if (!path.startsWith(home + sep)) continue;
    const found = await openRepository(path).catch(() => undefined);
    if (found?.common === common) return path;
  }
  return undefined;
}

/**
 * Its name is new each time, so that nothing can have been built from it yet. Then files may be older than they are: those that
 * are the person's own get the times that they have there, and the first build begins from what was built of those.
 */
async function makeWorktree(
  { directory }: Repository,
  home: string,
  commit: string,
): Promise<string> {
  const path = await mkdtemp(join(home, "tree-"));
  await git(directory, "worktree", "add", "--quiet", "--detach", path, commit);
  for (const { path: file, status, former } of compareTrees(directory, path)) {
    if (former === undefined || former.mtimeMs >= status.mtimeMs) continue;
    // Never older than there, whatever a time loses on its way through a floating-point number.
    lutimesSync(join(path, file), former.atimeMs / 1000, Math.ceil(former.mtimeMs) / 1000);
  }
  return path;
}

export async function checkOut(path: string, commit: string): Promise<void> {
  // Git is to see that files with other times are what they were: it would write them anew.
  await ask(path, "update-index", "-q", "--refresh");
  await git(path, "checkout", "--quiet", "--force", "--detach", commit);
}
