// SPDX-License-Identifier: MIT
//
// Whether all that was to be run has been run. What parts set out to do is not believed alone: whoever expects a night says
// which scenarios it was to have, under which labels.

import type { MergedRun } from "./merged-run.ts";
import type { RunResult } from "./result.ts";
import type { ShardPlan } from "./shard.ts";

/** What is expected of many runs. */
export interface Expected {
  /** Each scenario under each label. */
  readonly night?: { readonly labels: readonly string[]; readonly scenarios: readonly string[] };
  /** This is one part, and the others are elsewhere. */
  readonly onePart?: boolean;
}

/** A scenario on a kernel. */
export interface Planned {
  readonly label: string;
  readonly scenario: string;
}

/** All that was to be run: what is expected, and what parts set out to do. */
export function plannedRuns(
  plans: readonly ShardPlan[],
  { night = { labels: [], scenarios: [] } }: Expected,
): Planned[] {
  const expected = night.labels.map((label) => ({ label, scenarios: night.scenarios }));
  const all = [...expected, ...plans].flatMap(({ label, scenarios }) =>
    scenarios.map((scenario) => ({ label, scenario })),
  );
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** What was to be there and is not, in a line each; what was skipped and was to run is among it. */
export function missingOf(
  runs: readonly MergedRun[],
  plans: readonly ShardPlan[],
  { night = { labels: [], scenarios: [] }, onePart = false }: Expected,
): string[] {
  const labels = night.labels.filter((label) => !plans.some((plan) => plan.label === label));
  const nothing = runs.length === 0 && plans.length === 0 ? ["there is no result.json at all"] : [];
  return [
    ...labels.map((label) => `no part of ${label} left anything`),
    ...nothing,
    ...[...Map.groupBy(plans, ({ label }) => label)].flatMap(([label, parts]) => [
      ...(onePart ? [] : missingParts(label, parts)),
      ...(night.labels.includes(label) ? unplanned(label, parts, night.scenarios) : []),
    ]),
    ...plans.flatMap((plan) => missingRuns(plan, runs)),
    ...runs.filter(({ result }) => isHollow(result)).map(hollow),
  ];
}

/** What differs from what was expected and is no fault, in a line each. */
export function newsOf(runs: readonly MergedRun[], plans: readonly ShardPlan[]): string[] {
  return plans.flatMap(({ label, expectedSkips = [] }) =>
    runs
      .filter((run) => run.label === label && run.result.verdict !== "skip")
      .filter(({ result }) => expectedSkips.includes(result.scenario))
      .map((run) => `${nameOf(run)} ran, and is expected to be skipped: strike it off the list`),
  );
}

/** `56 of 56 runs were made, 6 skipped as expected`; undefined where nothing says what was to be run. */
export function turnoutOf(
  runs: readonly MergedRun[],
  plans: readonly ShardPlan[],
  { night }: Expected,
): string | undefined {
  if (night === undefined) return undefined;
  const cells = night.labels.flatMap((label) =>
    night.scenarios.map((scenario) => {
      const run = runs.find((one) => one.label === label && one.result.scenario === scenario);
      const mayBeSkipped = plans.some(
        (plan) => plan.label === label && plan.expectedSkips?.includes(scenario),
      );
      const skipped = run?.result.verdict === "skip";
      return { made: run !== undefined && !skipped, asExpected: skipped && mayBeSkipped };
    }),
  );
  const made = cells.filter((cell) => cell.made).length;
  const skipped = cells.filter((cell) => cell.asExpected).length;
  const text = `${made} of ${cells.length - skipped} runs were made`;
  return skipped === 0 ? text : `${text}, ${skipped} skipped as expected`;
}

function missingParts(label: string, parts: readonly ShardPlan[]): string[] {
  const count = Math.max(...parts.map(({ shard }) => shard.count));
  const there = new Set(parts.map(({ shard }) => shard.index));
  return Array.from({ length: count }, (_, at) => at + 1)
    .filter((index) => !there.has(index))
    .map((index) => `shard ${index}/${count}${of(label)} left nothing`);
}

/** Scenarios that no part had, though all parts are there. */
function unplanned(
  label: string,
  parts: readonly ShardPlan[],
  scenarios: readonly string[],
): string[] {
  if (missingParts(label, parts).length > 0) return [];
  const planned = new Set(parts.flatMap((part) => part.scenarios));
  return scenarios
    .filter((name) => !planned.has(name))
    .map((name) => `${name}${of(label)}: in none of the parts`);
}

function missingRuns(plan: ShardPlan, runs: readonly MergedRun[]): string[] {
  const { label, shard, scenarios, expectedSkips } = plan;
  return scenarios.flatMap((name) => {
    const run = runs.find((one) => one.label === label && one.result.scenario === name);
    if (!run) return [`${name}${of(label)}: no result (shard ${shard.index}/${shard.count})`];
    const { verdict, skipped = "" } = run.result;
    if (verdict !== "skip" || expectedSkips === undefined || expectedSkips.includes(name))
      return [];
    return [`${nameOf(run)} was skipped, and is expected to run: ${skipped}`];
  });
}

/** Passed, and nothing was judged. */
function isHollow({ verdict, checks }: RunResult): boolean {
  return (
    verdict === "pass" && !checks.some(({ status }) => status === "pass" || status === "xfail")
  );
}

function hollow(run: MergedRun): string {
  return `${nameOf(run)} passed, and not one of its checks was judged`;
}

function nameOf({ label, result }: MergedRun): string {
  return `${result.scenario}${of(label)}`;
}

function of(label: string): string {
  return label === "" ? "" : ` of ${label}`;
}
