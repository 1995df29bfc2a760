// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { execa } from "execa";
import { readIfThere } from "../provision/work/files.ts";
import { fingerprintOf, problemsOf } from "../report/fingerprint.ts";
import { resultSchema } from "../report/result.ts";
import { type Job, remember, testedSoFar } from "./job.ts";
import type { Tested } from "./progress.ts";
import { git } from "./repository.ts";
import { isOther, signsOf } from "./signs.ts";

/** A run that is told to end has this long to end its guests. */
const teardownMs = 60_000;

/** Somebody ended it, or it could not even be started: git is to end the bisection. */
export const abandoned = 255;

/**
 * Runs the scenario on what is checked out in the bisection's working tree, with its files in a directory of the commit's
 * own, and remembers the outcome. What a run calls bad input (2) is no fault of the commit's: its kernel cannot be judged
 * by this scenario; and of one that fails in another way than the bad end nobody knows whether it has the bug, too.
 */
export async function testCommit(job: Job, signal?: AbortSignal): Promise<Tested> {
  const before = await testedSoFar(job);
  const commit = await git(job.worktree, "rev-parse", "HEAD");
  const subject = await git(job.worktree, "show", "--no-patch", "--format=%s", "HEAD");
  const name = `${String(before.length + 1).padStart(2, "0")}-${commit.slice(0, 12)}`;
  const out = join(job.out, name);
  const began = performance.now();
  const status = await runScenario(job, out, `${out}.txt`, signal);
  const durationMs = performance.now() - began;
  const found = await findings(out, status);
  const differs = status === 1 && isOther(found.signs, job.hunted);
  const tested = {
    ...{ commit, subject, durationMs, ...found },
    ...(differs ? { status: job.anyFailure ? 1 : 125, differs } : { status }),
  };
  await remember(job, tested);
  return tested;
}

async function runScenario(
  job: Job,
  out: string,
  log: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const [program = "", ...first] = job.program;
  const kernel = ["--kernel", job.worktree];
  const files = ["--out", out, "--history", join(job.out, "history.jsonl")];
  const words = ["scenario", "run", job.scenario, ...kernel, ...files, ...job.flags];
  const { exitCode } = await execa(program, [...first, ...words], {
    reject: false,
    // By the channel, the run notices when this process is killed.
    ipc: true,
    stdin: "ignore",
    stdout: { file: log },
    stderr: { file: log },
    ...(signal === undefined ? {} : { cancelSignal: signal, forceKillAfterDelay: teardownMs }),
  });
  if (exitCode === 0 || exitCode === 1) return exitCode;
  return exitCode === 2 || exitCode === 125 ? 125 : abandoned;
}

/** What went wrong first, if the run has come to a result. */
async function findings(
  out: string,
  status: number,
): Promise<Pick<Tested, "problem" | "fingerprint" | "signs">> {
  if (status === 0) return {};
  const text = await readIfThere(join(out, "result.json"));
  if (text === undefined) return { problem: "no result; see the log beside the others" };
  const result = resultSchema.parse(JSON.parse(text));
  const [first] = problemsOf(result);
  const fingerprint = fingerprintOf(result);
  return {
    signs: signsOf(result),
    ...(first ? { problem: `${first.what}: ${first.message.split("\n")[0]}` } : {}),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}
