// SPDX-License-Identifier: MIT
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../errors.ts";
import type { ProvisionEvent } from "../../provision/work/events.ts";
import { gravest } from "../../report/exit-status.ts";
import { readHistory } from "../../report/history.ts";
import { type Merged, merge } from "../../report/merge.ts";
import { writeMerged } from "../../report/merged-files.ts";
import { type Screen, screenOn } from "../../report/screen.ts";
import { type ShardPlan, shardFile } from "../../report/shard.ts";
import { duration } from "../../report/summary.ts";
import type { Plan } from "../../scenario/plan.ts";
import { type PlanOptions, readPlan } from "../read-plan.ts";
import type { Provision } from "../request.ts";
import { type Room, roomHere } from "../room.ts";
import { requireVirtualTime } from "../seeds.ts";
import { exitStatusOf } from "../variant/failure.ts";
import { jobsFor, judgesSpeed } from "./jobs.ts";
import { provisionBy, provisionFirst } from "./provision-first.ts";
import { inOwnDirectory } from "./run-directory.ts";
import { type RunSettings, runOnTerminal, type Surroundings } from "./run-on-terminal.ts";
import type { Shard } from "./shard.ts";
import { sideBySide } from "./side-by-side.ts";

/** A scenario to be run, and the command that runs it alone. */
export interface Chosen {
  readonly name: string;
  readonly file: string;
  readonly reproduce: string;
}

export interface Several {
  readonly chosen: readonly Chosen[];
  /** What is laid over each scenario. */
  readonly over: PlanOptions;
  /** Gives the directory for all files; asked once it is sure that something is run. */
  readonly out: () => string;
  readonly settings: RunSettings;
  readonly shard: Shard;
  readonly label: string;
  /** Scenarios that these kernels are expected not to run: any other skip is one that was to run. Absent, none is looked at. */
  readonly expectedSkips?: readonly string[] | undefined;
  /** How many are run at a time; as many as the machine bears where nobody says. */
  readonly jobs?: number | undefined;
  /** Has what a plan boots; where this is not given, as the settings say. */
  readonly provision?: Provision;
  readonly signal: AbortSignal;
}

/** One that is about to run, with its place among all, counted from 1. */
interface Next extends Chosen {
  readonly plan: Plan;
  readonly place: number;
}

/**
 * Runs scenarios, several at a time where the machine bears that, each with its files in a directory of its name, and reports
 * on all of them in `out`. Those that are about speed are run at the end, one after the other.
 */
export async function runSeveral(request: Several): Promise<number> {
  const { chosen, over } = request;
  // Every mistake in a scenario is told before the first one runs.
  const all = chosen.map((one, index) => ({
    ...one,
    plan: readPlan(one.file, over),
    place: index + 1,
  }));
  requireOneOfEach(all);
  const { repeat, seeds } = request.settings;
  if (seeds) for (const { plan } of all) requireVirtualTime(plan);
  const jobs = jobsOf(
    all.map(({ plan }) => plan),
    repeat,
    request.jobs,
  );
  const out = request.out();
  return inOwnDirectory(out, () => runAll(request, all, out, jobs));
}

/** Each has a directory of its name: a second one of that name would write over what the first one found. */
function requireOneOfEach(all: readonly Next[]): void {
  for (const [scenario, same] of Map.groupBy(all, ({ plan }) => plan.scenario)) {
    if (same.length === 1) continue;
    const names = same.map(({ name }) => name).join(", ");
    throw new UsageError(
      `expected each scenario once, got ${scenario} ${same.length} times (${names}); --repeat runs one several times`,
    );
  }
}

async function runAll(
  request: Several,
  all: readonly Next[],
  out: string,
  jobs: number,
): Promise<number> {
  const { settings, shard, label, expectedSkips, signal } = request;
  const intent: ShardPlan = {
    schema: 1,
    ...{ label, shard },
    scenarios: all.map(({ plan }) => plan.scenario),
    ...(expectedSkips === undefined ? {} : { expectedSkips: [...expectedSkips] }),
  };
  writeFileSync(join(out, shardFile), `${JSON.stringify(intent, null, 2)}\n`);
  // A result that an earlier command left must not stand for a run that leaves none.
  for (const { plan } of all) rmSync(join(out, plan.scenario, "result.json"), { force: true });
  const history = settings.history === undefined ? [] : await readHistory(settings.history);
  const screen = screenOn(process.stdout);
  const { alone, others, lanes } = lanesOf(all, jobs, settings.repeat);
  if (others.length > 0) screen.print(`\n${howMany(lanes, alone)}`);
  const provision =
    others.length === 0
      ? request.provision
      : await provisionFirst(
          all.map(({ plan }) => plan),
          request.provision ?? provisionBy(settings),
          { signal, progress: (event) => void tellOf(event, screen) },
        );
  const width = Math.max(...others.map(({ plan }) => plan.scenario.length), 0);
  const run = (one: Next, head: string, beside: Lanes, ends: AbortSignal) => {
    const { name, plan, reproduce, place } = one;
    screen.print(`${head === "" ? "\n" : head}== ${place} of ${all.length}: ${name}`);
    const told = {
      ...{ screen, head, jobs: beside.scenarios * beside.runs, atOnce: beside.runs },
      ...(provision ? { provision } : {}),
    };
    return runOnTerminal(plan, join(out, plan.scenario), { ...settings, reproduce }, ends, told);
  };
  const beside = (one: Next, ends: AbortSignal) =>
    run(one, `${one.plan.scenario.padEnd(width)} | `, lanes, ends);
  await sideBySide(others, lanes.scenarios, beside, signal);
  await sideBySide(alone, 1, (one, ends) => run(one, "", oneLane, ends), signal);
  const merged = await merge([out], { onePart: shard.count > 1 });
  await writeMerged(merged, out, history);
  screen.print(closing(merged, out));
  // Whoever ended them, perhaps before the first one, has ended all of them.
  return signal.aborted
    ? gravest([merged.exitStatus, exitStatusOf(signal.reason)])
    : merged.exitStatus;
}

/** How many scenarios are under way at a time, and how many runs of each. */
interface Lanes {
  readonly scenarios: number;
  readonly runs: number;
}

const oneLane: Lanes = { scenarios: 1, runs: 1 };

/**
 * Who has others beside it, and how many: no more than there are. What is left where scenarios are fewer than `jobs` is for their
 * own runs.
 */
export function lanesOf<Item extends { readonly plan: Plan }>(
  all: readonly Item[],
  jobs: number,
  repeat: number,
): { alone: readonly Item[]; others: readonly Item[]; lanes: Lanes } {
  const others = all.filter(({ plan }) => !judgesSpeed(plan));
  const scenarios = Math.min(jobs, others.length);
  const runs = Math.min(repeat, Math.floor(jobs / scenarios));
  if (scenarios * runs <= 1) return { alone: all, others: [], lanes: oneLane };
  const alone = all.filter((one) => !others.includes(one));
  return { alone, others, lanes: { scenarios, runs } };
}

/** How many runs are made at a time, each plan `repeat` times. Those that are run alone ask for no room beside others. */
export function jobsOf(
  plans: readonly Plan[],
  repeat: number,
  asked: number | undefined,
  room: Room = roomHere(),
): number {
  const others = plans.filter((plan) => !judgesSpeed(plan));
  return jobsFor(
    others.flatMap((plan) => Array<Plan>(repeat).fill(plan)),
    asked,
    room,
  );
}

/**
 * How a scenario that is run alone has its own runs made, where there are several. Those that are made side by side have what
 * they boot before the first begins.
 *
 * @throws UsageError where so many as a person asked for do not fit into the memory.
 */
export async function besideItself(
  plan: Plan,
  settings: RunSettings,
  { jobs: asked, signal, provision: make }: Pick<Several, "jobs" | "signal" | "provision">,
): Promise<Surroundings> {
  const { repeat } = settings;
  const screen = screenOn(process.stdout);
  const jobs = jobsOf([plan], repeat, asked);
  const { runs } = lanesOf([{ plan }], jobs, repeat).lanes;
  const alone = { screen, jobs: runs, atOnce: runs };
  if (runs === 1) {
    if (jobs > 1) screen.print("about speed: its runs are made alone, one after the other");
    return alone;
  }
  screen.print(`${runs} runs at a time`);
  const progress = (event: ProvisionEvent) => void tellOf(event, screen);
  const provision = await provisionFirst([plan], make ?? provisionBy(settings), {
    ...{ signal, progress },
  });
  return { ...alone, provision };
}

function tellOf(event: ProvisionEvent, screen: Screen): void {
  if (event.type === "task-started") screen.print(`${event.task.title} ...`);
}

/** `4 runs at a time; about speed, and alone at the end: faults, remote-edma`. */
function howMany({ scenarios, runs }: Lanes, alone: readonly Next[]): string {
  const names = alone.map(({ name }) => name).join(", ");
  return `${scenarios * runs} runs at a time${names === "" ? "" : `; about speed, and alone at the end: ${names}`}`;
}

function closing({ runs, missing, news, exitStatus }: Merged, out: string): string {
  const width = Math.max(...runs.map(({ result }) => result.scenario.length), 0);
  const rows = runs.map(
    ({ result }) =>
      `  ${result.verdict.toUpperCase().padEnd(5)}  ${result.scenario.padEnd(width)}  ${duration(result.durationMs)}`,
  );
  const gone = [
    ...missing.map((text) => `  missing: ${text}`),
    ...news.map((text) => `  news: ${text}`),
  ];
  return `\n${[...rows, ...gone, `exit status ${exitStatus}`, `report: ${out}/report.html`].join("\n")}`;
}
