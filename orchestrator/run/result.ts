// SPDX-License-Identifier: MIT

import { type Artifacts, ofBoth } from "../artifacts.ts";
import { judgeAcross } from "../checks/across-variants.ts";
import type { CheckResult } from "../checks/findings.ts";
import { gravest, verdictOf } from "../report/exit-status.ts";
import type { RunResult } from "../report/result.ts";
import type { Plan } from "../scenario/plan.ts";
import { graphLines } from "../scenario/topology/graph-text.ts";
import type { RunRequest } from "./request.ts";
import { seedOf } from "./seeds.ts";
import type { Failure } from "./variant/bookkeeping.ts";
import { type Journal, ofVariant } from "./variant/journal.ts";
import type { VariantOutcome } from "./variant/variant.ts";

/** What a run is made with, as far as it has come. */
export interface Made {
  artifacts?: Artifacts;
  accelerator?: string;
  /** What these kernels could not have seen. */
  unseen?: readonly string[];
  failure?: Failure;
  /** Why nothing was booted, though nothing is wrong. */
  skipped?: string;
  status: number;
}

/** What result.json says of a run. */
export function resultOf(
  {
    plan,
    reproduce,
    versions,
    jobs = 1,
  }: Pick<RunRequest, "plan" | "reproduce" | "versions" | "jobs">,
  journal: Journal,
  made: Made,
  outcomes: readonly VariantOutcome[],
): RunResult {
  const judged = outcomes.map((outcome) => ({
    name: outcome.plan.variant,
    checks: outcome.checks,
  }));
  const across = plan.leftOut ? [] : judgeAcross(judged);
  const statuses = [made.status, ...outcomes.map((outcome) => outcome.status)];
  if (across.some((check) => check.status === "fail")) statuses.push(1);
  const status = gravest(statuses);
  // What a variant broke off with says more than that those behind it were not run.
  const failure = outcomes.find((outcome) => outcome.failure)?.failure ?? made.failure;
  const expectation = expectationOf(outcomes);
  const checks = outcomes.flatMap(({ plan, checks }) =>
    checks.map((check) => ({ ...plainCheck(check), ...ofVariant(plan.variant) })),
  );
  const seed = seedOf(plan);
  return {
    schema: 1,
    scenario: plan.scenario,
    title: plan.title,
    verdict: made.skipped === undefined ? verdictOf(status) : "skip",
    exitStatus: status,
    ...(made.skipped === undefined ? {} : { skipped: made.skipped }),
    ...(expectation ? { expectation } : {}),
    accelerator: made.accelerator ?? "",
    ...topologyOf(plan),
    ...unseenIn(plan, made),
    versions: { ...versionsOf(made.artifacts), ...versions },
    started: journal.started.toISOString(),
    durationMs: journal.clock(),
    clock: "wall",
    ...(jobs > 1 ? { jobs } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(reproduce === undefined ? {} : { reproduce }),
    ...(plan.variants.some(({ variant }) => variant !== "")
      ? { variants: [...outcomes.map(variantOf), ...leftOutOf(plan)] }
      : {}),
    phases: journal.phases,
    steps: outcomes.flatMap((outcome) => outcome.steps),
    checks: [...checks, ...across.map(plainCheck)],
    metrics: outcomes.flatMap((outcome) => outcome.metrics),
    series: outcomes.flatMap((outcome) => outcome.series),
    kernelLogs: outcomes.flatMap((outcome) => outcome.kernelLogs),
    ...(failure ? { failure } : {}),
  };
}

/** What all variants that ran expected, and whether each of them failed so. */
function expectationOf(outcomes: readonly VariantOutcome[]): RunResult["expectation"] {
  const told = outcomes.flatMap(({ expectation }) => expectation ?? []);
  const [first] = told;
  if (!first) return undefined;
  return {
    ...first,
    fails: [...new Set(told.map(({ fails }) => fails))].join("; "),
    met: told.every(({ met }) => met),
    ...differing(told.flatMap(({ differs }) => differs ?? [])),
  };
}

function differing(differs: readonly string[]) {
  return differs.length === 0 ? {} : { differs: [...new Set(differs)] };
}

function topologyOf({ variants }: Plan): Pick<RunResult, "topology"> {
  const [first] = variants;
  return first ? { topology: graphLines(first.topology) } : {};
}

/** QEMU translates for one CPU without atomicity, and knows by that how device memory has to be aligned. */
function unseenByOneCpu(accelerator: Made["accelerator"]): string[] {
  const races = "races between CPUs, as each guest has one";
  const unaligned =
    "accesses to registers that are not aligned: the emulator makes them for a guest with one CPU";
  return accelerator === "tcg" ? [races, unaligned] : [races];
}

/** Nothing where nothing was booted. */
function unseenIn({ variants }: Plan, { unseen, accelerator }: Made): Pick<RunResult, "unseen"> {
  if (unseen === undefined || accelerator === undefined) return {};
  const alone = variants.every(({ topology }) =>
    Object.values(topology.machines).every(({ cpus }) => cpus === 1),
  );
  return { unseen: [...unseen, ...(alone ? unseenByOneCpu(accelerator) : [])] };
}

/** Enough of a configuration's hash to tell two apart. */
const hashLength = 12;

function versionsOf(artifacts: Artifacts | undefined): Readonly<Record<string, string>> {
  if (!artifacts) return {};
  const kernelConfig = ofBoth(artifacts.guests, ({ kernel }) =>
    kernel.configHash.slice(0, hashLength),
  );
  return { ...artifacts.versions, kernelConfig };
}

/** A check's result as result.json has it. */
function plainCheck({
  leftOut: _,
  complaints: __,
  errors: ___,
  lines,
  ...check
}: CheckResult): RunResult["checks"][number] {
  return { ...check, ...(lines ? { lines: [...lines] } : {}) };
}

/** Those that nobody asked for: without a verdict, as they were not run. */
function leftOutOf({ leftOut = [] }: Plan) {
  return leftOut.map((name) => ({ name, title: "left out by --variant" }));
}

function variantOf({ plan, status, durationMs, failure, steps }: VariantOutcome) {
  const ran = steps.some((step) => step.status !== "not run") || failure !== undefined;
  return {
    name: plan.variant,
    title: plan.title,
    ...(ran ? { verdict: verdictOf(status) } : {}),
    durationMs,
    ...(failure ? { failure } : {}),
  };
}
