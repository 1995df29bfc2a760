// SPDX-License-Identifier: MIT
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  type Expected,
  missingOf,
  newsOf,
  type Planned,
  plannedRuns,
  turnoutOf,
} from "./completeness.ts";
import { gravest } from "./exit-status.ts";
import type { MergedRun } from "./merged-run.ts";
import { resultSchema } from "./result.ts";
import { type ShardPlan, shardFile, shardSchema } from "./shard.ts";

export interface Merged {
  readonly runs: readonly MergedRun[];
  /** The kernels, by the labels of their shards: those that were expected first, in their order. */
  readonly labels: readonly string[];
  /** All that was to be run. */
  readonly planned: readonly Planned[];
  /** What was to be there and is not, in a line each. */
  readonly missing: readonly string[];
  /** What is other than expected and no fault, in a line each. */
  readonly news: readonly string[];
  /** How many of the runs that were to be made have been, in words; where that is known. */
  readonly turnout?: string | undefined;
  readonly exitStatus: number;
}

/** Those that a person should look at: neither passed nor left out. */
export function notPassed(runs: readonly MergedRun[]): MergedRun[] {
  return runs.filter(({ result: { verdict } }) => verdict !== "pass" && verdict !== "skip");
}

/** `7 of 9 scenarios passed, 1 skipped`. */
export function headline(runs: readonly MergedRun[]): string {
  const skipped = runs.filter(({ result }) => result.verdict === "skip").length;
  const passed = runs.length - notPassed(runs).length - skipped;
  return `${passed} of ${runs.length} scenarios passed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

const resultFile = "result.json";

/** A file that cannot be read as what it should be. */
export class UnreadableResult extends Error {
  readonly exitStatus = 125;
}

/**
 * All results below some directories as one. A shard or a scenario that was planned and left no result is missing, and
 * makes the whole one that could not be judged; so is a scenario of the expected night that no part had, and one that was
 * skipped and is not expected to be.
 *
 * @throws UnreadableResult for a file that is no result of a run.
 */
export async function merge(
  directories: readonly string[],
  expected: Expected = {},
): Promise<Merged> {
  const runs: MergedRun[] = [];
  const plans: ShardPlan[] = [];
  for (const directory of directories) await collect(directory, runs, plans);
  runs.sort(
    (a, b) => a.result.scenario.localeCompare(b.result.scenario) || a.label.localeCompare(b.label),
  );
  const missing = missingOf(runs, plans, expected);
  const statuses = runs.map(({ result }) => result.exitStatus);
  const { night } = expected;
  const labels = [...(night?.labels ?? []), ...plans.map(({ label }) => label)];
  return {
    runs,
    labels: [...new Set([...labels, ...runs.map(({ label }) => label)])],
    planned: plannedRuns(plans, expected),
    missing,
    news: newsOf(runs, plans),
    turnout: turnoutOf(runs, plans, expected),
    exitStatus: gravest(missing.length > 0 ? [...statuses, 125] : statuses),
  };
}

async function collect(directory: string, runs: MergedRun[], plans: ShardPlan[]): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  const has = (name: string) => entries.some((entry) => entry.name === name && entry.isFile());
  if (has(shardFile)) {
    const plan = await read(join(directory, shardFile), shardSchema);
    plans.push(plan);
    // What else lies there was left by an earlier command that had other scenarios.
    const planned = plan.scenarios.map((name) => join(directory, name));
    const done = planned.filter((path) => existsSync(join(path, resultFile)));
    for (const path of done) runs.push(await readRun(path, plan.label));
    return;
  }
  if (has(resultFile)) {
    runs.push(await readRun(directory, ""));
    // Attempts and variants lie inside, and are in the result already.
    return;
  }
  for (const entry of entries) {
    if (entry.isDirectory()) await collect(join(directory, entry.name), runs, plans);
  }
}

async function readRun(directory: string, label: string): Promise<MergedRun> {
  return { label, directory, result: await read(join(directory, resultFile), resultSchema) };
}

async function read<Value>(
  file: string,
  schema: { parse: (value: unknown) => Value },
): Promise<Value> {
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    const where = join(basename(dirname(file)), basename(file));
    throw new UnreadableResult(`${where} is no result of a run: ${String(cause)}`, { cause });
  }
}
