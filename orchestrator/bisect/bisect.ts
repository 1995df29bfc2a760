// SPDX-License-Identifier: MIT
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { InfrastructureError, UsageError } from "../errors.ts";
import { acquireLock, type Lock } from "../provision/work/lock.ts";
import { type Job, jobFile, testedSoFar } from "./job.ts";
import { linePrefix } from "./line-prefix.ts";
import { differingLines, type Tested, testedLines, timeLeft } from "./progress.ts";
import {
  bisectionLock,
  checkOut,
  git,
  inDirectory,
  openWorktree,
  type Repository,
} from "./repository.ts";
import { testCommit } from "./test-commit.ts";

export interface Bisection {
  readonly repository: Repository;
  readonly good: string;
  readonly bad: string;
  /** Commits of which one is the first bad one. */
  readonly count: number;
  /** Where the working tree is kept. */
  readonly cacheRoot: string;
  readonly job: Omit<Job, "worktree">;
  /** Whether both ends are believed without being tested. */
  readonly trust: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The first bad commit, or the ones among which it is where all others had to be skipped. */
export interface Found {
  readonly commits: readonly string[];
  /** The working tree that it was looked for in. */
  readonly worktree: string;
  /** Lines for a person: which commits failed in another way than the bad end. */
  readonly differing: readonly string[];
}

const runProgram = join(import.meta.dirname, "bisect-run.ts");

/**
 * Looks for the first commit that the scenario fails on, in a working tree of its own.
 *
 * @throws UsageError when one of the ends is not what it is said to be.
 * @throws InfrastructureError when an end cannot be judged, or git ends for another reason than having found it.
 * @throws the signal's reason when aborted.
 */
export async function bisect(bisection: Bisection): Promise<Found> {
  const { repository, cacheRoot, say, signal } = bisection;
  await mkdir(bisection.job.out, { recursive: true });
  const lock = await acquireLock(bisectionLock(repository, cacheRoot), {
    signal,
    onWait: () => say("Another bisection of this repository is running; waiting for its end."),
  });
  try {
    const worktree = await openWorktree(repository, cacheRoot, bisection.bad);
    return await bisectIn({ ...bisection, job: { ...bisection.job, worktree } }, lock);
  } finally {
    await lock.release();
  }
}

/** With the job of a working tree that nobody else uses. */
type Prepared = Bisection & { readonly job: Job };

async function bisectIn(prepared: Prepared, lock: Lock): Promise<Found> {
  const { good, bad, count, say } = prepared;
  let { job } = prepared;
  try {
    if (!prepared.trust) job = await testEnds(prepared);
    await writeFile(join(job.out, jobFile), `${JSON.stringify(job, null, 2)}\n`);
    say(`${count} commits, ${timeLeft(Math.ceil(Math.log2(count)), await testedSoFar(job))}.`);
    const any = job.anyFailure || (job.hunted ?? []).length === 0;
    say(any ? "Any failure counts as bad." : "What fails in another way than --bad is skipped.");
    await git(job.worktree, "bisect", "start", bad, good, "--");
    const commits = await run({ ...prepared, job }, lock);
    const differing = differingLines(await testedSoFar(job));
    return { commits, worktree: job.worktree, differing };
  } finally {
    const log = await execa("git", ["-C", job.worktree, "bisect", "log"], { reject: false });
    if (log.exitCode === 0) await writeFile(join(job.out, "bisect.log"), `${log.stdout}\n`);
    await execa("git", [...inDirectory(job.worktree), "bisect", "reset", "HEAD"], {
      reject: false,
    });
  }
}

/**
 * A bisection between ends that are not what they are said to be finds some commit, and a wrong one.
 *
 * @returns the job of the commits between: to look for the failure of the bad end.
 */
async function testEnds({ job: asked, good, bad, say, signal }: Prepared): Promise<Job> {
  let job = asked;
  for (const [flag, commit, wanted] of [
    ["--bad", bad, 1],
    ["--good", good, 0],
  ] as const) {
    await checkOut(job.worktree, commit);
    const tested = await testCommit(job, signal);
    signal.throwIfAborted();
    for (const line of testedLines(await testedSoFar(job), 0)) say(line);
    if (tested.status !== wanted) throw notAnEnd(flag, tested, job);
    if (tested.signs !== undefined) job = { ...job, hunted: [...tested.signs] };
  }
  return job;
}

function notAnEnd(flag: string, tested: Tested, { out }: Job): Error {
  const { commit, status, problem = "", differs } = tested;
  const which = `${flag} ${commit.slice(0, 12)}`;
  if (status === 0) return new UsageError(`${which}: the scenario passes there; nothing to find`);
  if (status === 1) return new UsageError(`${which}: the scenario fails there already: ${problem}`);
  const how = differs ? "it fails in another way than --bad: " : "";
  return new InfrastructureError(`${which} could not be judged: ${how}${problem}\nlogs: ${out}`);
}

async function run({ job, say, signal }: Prepared, lock: Lock): Promise<string[]> {
  // A group of its own, which is ended as one: git would not tell its children.
  const child = execa("git", [...inDirectory(job.worktree), "bisect", "run", ...stepWords(job)], {
    reject: false,
    detached: true,
    all: true,
    // Whatever ends this process: the working tree is locked until the last of these has gone.
    stdio: ["ignore", "pipe", "pipe", lock.fd],
  });
  const interrupt = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  };
  signal.addEventListener("abort", interrupt, { once: true });
  const lines: string[] = [];
  for await (const line of child.iterable({ from: "all" })) {
    lines.push(line);
    if (line.startsWith(linePrefix)) say(line.slice(linePrefix.length));
  }
  const { exitCode } = await child;
  signal.removeEventListener("abort", interrupt);
  await writeFile(join(job.out, "git-bisect-run.txt"), `${lines.join("\n")}\n`);
  signal.throwIfAborted();
  if (exitCode === 0) return [await git(job.worktree, "rev-parse", "refs/bisect/bad")];
  const skipped = skippedOnly(lines);
  if (skipped.length > 0) return skipped;
  throw new InfrastructureError(`git bisect run ended with status ${exitCode}`, {
    logPath: join(job.out, "git-bisect-run.txt"),
    tail: lines.slice(-5),
  });
}

function stepWords({ out }: Job): string[] {
  return [process.execPath, runProgram, join(out, jobFile)];
}

/** What git lists where only commits that had to be skipped are left. */
function skippedOnly(lines: readonly string[]): string[] {
  const at = lines.findIndex((line) => /only 'skip'ped commits left/.test(line));
  return at < 0 ? [] : lines.slice(at + 1).filter((line) => /^[0-9a-f]{40,64}$/.test(line));
}
