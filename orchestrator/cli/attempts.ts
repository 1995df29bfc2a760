// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { EventStream, type Reporter, type RunEvent } from "../report/events.ts";
import { problemsOf } from "../report/fingerprint.ts";
import type { Attempt, RunResult } from "../report/result.ts";

export interface AttemptsRequest {
  readonly out: string;
  /** How often a run that did not pass is made again. */
  readonly retries: number;
  /** Whether a run that passed only when it was made again counts as failed. */
  readonly failOnFlaky: boolean;
  readonly signal: AbortSignal;
  readonly complain: (text: string) => void;
  /** Makes the run once, with its files in a directory. */
  readonly runOnce: (directory: string, reporters: readonly Reporter[]) => Promise<RunResult>;
  /** Reporters for files: those of the result that is `kept`, or those of one attempt among several. */
  readonly reporters: (kept: boolean) => readonly Reporter[];
  /** Tells a person of the result of all attempts. */
  readonly terminal: () => Reporter;
}

type Finished = Extract<RunEvent, { type: "run-finished" }>;

/**
 * Makes a run, and makes it again while it does not pass and retries are left. Without retries the files are those of
 * the run itself; with them every attempt keeps its own in a directory, and the result over all is beside those.
 */
export async function attempts(request: AttemptsRequest): Promise<RunResult> {
  const { out, retries, runOnce, reporters } = request;
  if (retries === 0) return runOnce(out, reporters(true));
  const made: Attempt[] = [];
  for (;;) {
    const directory = `attempt-${made.length + 1}`;
    let last: Finished | undefined;
    const keep: Reporter = {
      name: "attempts",
      on: (event) => {
        if (event.type === "run-finished") last = event;
      },
    };
    const result = await runOnce(join(out, directory), [...reporters(false), keep]);
    made.push(attemptOf(result, directory));
    if (made.length <= retries && mayPassNextTime(result) && !request.signal.aborted) continue;
    return report(request, overall(result, made, request.failOnFlaky), last?.consoles ?? []);
  }
}

/** Bad input stays bad, and who interrupted a run does not want another one. */
function mayPassNextTime({ exitStatus }: RunResult): boolean {
  return exitStatus === 1 || exitStatus === 125;
}

function attemptOf(result: RunResult, directory: string): Attempt {
  const { verdict, exitStatus, started, durationMs } = result;
  const problems = problemsOf(result).map(({ what, message }) => `${what}: ${message}`);
  return { verdict, exitStatus, started, durationMs, directory, problems };
}

/** The last attempt's result, but flaky if it passed only after others did not. */
function overall(last: RunResult, made: readonly Attempt[], failOnFlaky: boolean): RunResult {
  const flaky = last.verdict === "pass" && made.length > 1;
  return {
    ...last,
    ...(flaky ? { verdict: "flaky", exitStatus: failOnFlaky ? 1 : 0 } : {}),
    attempts: [...made],
  };
}

async function report(
  { out, complain, reporters, terminal }: AttemptsRequest,
  result: RunResult,
  consoles: Finished["consoles"],
): Promise<RunResult> {
  // What a person has just read need not be said again.
  const several = (result.attempts?.length ?? 0) > 1;
  const told = several ? [...reporters(true), terminal()] : reporters(true);
  const events = new EventStream(told, complain);
  events.emit({ type: "run-finished", result, out, consoles });
  await events.settled();
  return result;
}
