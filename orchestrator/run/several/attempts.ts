// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { EventStream, type Reporter, type RunEvent } from "../../report/events.ts";
import { gravest } from "../../report/exit-status.ts";
import { problemsOf } from "../../report/fingerprint.ts";
import type { Attempt, RunResult } from "../../report/result.ts";
import { median } from "../../steps/median.ts";
import { failureOf } from "../variant/bookkeeping.ts";
import { exitStatusOf } from "../variant/failure.ts";
import { sideBySide } from "./side-by-side.ts";

export interface AttemptsRequest {
  readonly out: string;
  /** How many runs are made, whatever becomes of each; with more than one, `retries` has no meaning. */
  readonly repeat: number;
  /** How many of these are made at the same time. */
  readonly atOnce: number;
  /** How often a run that did not pass is made again. */
  readonly retries: number;
  /** Whether a run that passed only when it was made again counts as failed. */
  readonly failOnFlaky: boolean;
  readonly signal: AbortSignal;
  readonly complain: (text: string) => void;
  /**
   * Makes the run once, the `number`th one, with its files in a directory; `name` tells it from those that are made beside it.
   */
  readonly runOnce: (
    directory: string,
    reporters: readonly Reporter[],
    signal: AbortSignal,
    number: number,
    name?: string,
  ) => Promise<RunResult>;
  /** Reporters for files: those of the result that is `kept`, or those of one attempt among several. */
  readonly reporters: (kept: boolean) => readonly Reporter[];
  /** Tells a person of the result of all attempts. */
  readonly terminal: () => Reporter;
}

type Finished = Extract<RunEvent, { type: "run-finished" }>;

/** A run that has ended, and where its files are. */
interface Ended {
  readonly result: RunResult;
  readonly directory: string;
  readonly consoles: Finished["consoles"];
}

/**
 * Makes a run, makes it again while it does not pass and retries are left, or makes several, some of them at the same time,
 * whatever becomes of them.
 * Where one run is all, the files are those of the run itself; otherwise each keeps its own in a directory, and the
 * result over all is beside those.
 */
export async function attempts(request: AttemptsRequest): Promise<RunResult> {
  const { out, repeat, retries, runOnce, reporters, signal } = request;
  if (repeat > 1) return repeated(request);
  return retries === 0 ? runOnce(out, reporters(true), signal, 1) : retried(request);
}

async function retried(request: AttemptsRequest): Promise<RunResult> {
  const { retries, failOnFlaky, signal } = request;
  const ended: Ended[] = [];
  for (;;) {
    const number = ended.length + 1;
    const one = await runIn(request, `attempt-${number}`, signal, number);
    ended.push(one);
    const more = ended.length <= retries && mayPassNextTime(one.result);
    if (more && !signal.aborted) continue;
    const result = overAttempts(one.result, ended, failOnFlaky);
    return report(request, more ? brokenOff(result, signal.reason) : result, one.consoles);
  }
}

async function repeated(request: AttemptsRequest): Promise<RunResult> {
  const { repeat, atOnce, signal } = request;
  const places: (Ended | undefined)[] = Array.from({ length: repeat });
  let goesOn = true;
  function* numbers() {
    for (let number = 1; number <= repeat && goesOn; number++) yield number;
  }
  const work = async (number: number, ends: AbortSignal) => {
    const name = `run-${number}`;
    const one = await runIn(request, name, ends, number, atOnce > 1 ? name : undefined);
    places[number - 1] = one;
    goesOn &&= mayGoOn(one.result);
  };
  await sideBySide(numbers(), atOnce, work, signal);
  const ended = places.filter((one) => one !== undefined);
  // Who ended them before the first began has a result all the same.
  if (ended.length === 0) ended.push(await runIn(request, "run-1", signal, 1));
  const [result, consoles] = overRuns(ended);
  const lacks = goesOn && ended.length < repeat;
  return report(request, lacks ? brokenOff(result, signal.reason) : result, consoles);
}

async function runIn(
  { out, runOnce, reporters }: AttemptsRequest,
  directory: string,
  signal: AbortSignal,
  number: number,
  name?: string,
): Promise<Ended> {
  let consoles: Finished["consoles"] = [];
  const keep: Reporter = {
    name: "attempts",
    on: (event) => {
      if (event.type === "run-finished") consoles = event.consoles;
    },
  };
  const kept = [...reporters(false), keep];
  const result = await runOnce(join(out, directory), kept, signal, number, name);
  return { result, directory, consoles };
}

/** Bad input stays bad, and who interrupted one run wants no other. */
function mayGoOn({ exitStatus }: RunResult): boolean {
  return exitStatus === 0 || exitStatus === 1 || exitStatus === 125;
}

function mayPassNextTime(result: RunResult): boolean {
  return result.exitStatus !== 0 && mayGoOn(result);
}

function attemptOf({ result, directory }: Ended): Attempt {
  const { verdict, exitStatus, started, durationMs, seed } = result;
  const problems = problemsOf(result).map(({ what, message }) => `${what}: ${message}`);
  const seeded = seed === undefined ? {} : { seed };
  return { verdict, exitStatus, started, durationMs, ...seeded, directory, problems };
}

/** The last attempt's result, but flaky if it passed only after others did not. */
function overAttempts(last: RunResult, made: readonly Ended[], failOnFlaky: boolean): RunResult {
  const flaky = last.verdict === "pass" && made.length > 1;
  return {
    ...last,
    ...(flaky ? { verdict: "flaky", exitStatus: failOnFlaky ? 1 : 0 } : {}),
    attempts: made.map(attemptOf),
  };
}

/**
 * The result of several runs, all of which were to pass: that of the first one of the gravest exit status, or of the last where
 * all have passed. It has the samples of all. Some that failed and some that passed are flaky; what could not be judged beside
 * what passed is no finding, and stays an error; what somebody ended is graver than all.
 */
function overRuns(made: readonly Ended[]): [RunResult, Finished["consoles"]] {
  const exitStatus = gravest(made.map((one) => one.result.exitStatus));
  const worst = made.find(({ result }) => result.exitStatus === exitStatus);
  const shown = exitStatus === 0 ? made.at(-1) : worst;
  if (!shown) throw new Error("unreachable: one run at least was made");
  const { result, consoles } = shown;
  const mixed = exitStatus === 1 && made.some((one) => one.result.exitStatus === 0);
  const over: RunResult = {
    ...result,
    ...(mixed ? { verdict: "flaky" } : {}),
    exitStatus,
    metrics: joined(made.map((one) => one.result.metrics)),
    attempts: made.map(attemptOf),
  };
  return [over, consoles];
}

/** A result that lacks runs because somebody ended them: those that were made do not stand for all. */
function brokenOff(result: RunResult, reason: unknown): RunResult {
  return {
    ...result,
    ...{ verdict: "error", exitStatus: exitStatusOf(reason) },
    failure: result.failure ?? failureOf("boot", reason),
  };
}

/** Each metric once, with the samples of all runs. */
function joined(runs: readonly RunResult["metrics"][]): RunResult["metrics"] {
  return [...Map.groupBy(runs.flat(), ({ name }) => name).values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const all = same.flatMap((metric) => metric.samples);
    return [{ ...first, samples: all, median: median(all) }];
  });
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
