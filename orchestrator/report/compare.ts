// SPDX-License-Identifier: MIT
import * as z from "zod";
import { fingerprintOf } from "./fingerprint.ts";
import { type Metric, type RunResult, verdicts } from "./result.ts";

const metricDigest = z.object({
  name: z.string(),
  unit: z.string(),
  median: z.number(),
  least: z.number(),
  most: z.number(),
  count: z.int(),
});
export type MetricDigest = z.output<typeof metricDigest>;

/** What of a run is kept to compare others with: a line of the history file. */
export const digestSchema = z.object({
  schema: z.literal(1),
  scenario: z.string(),
  /** What tells runs on several machines or kernels apart: runs are compared with those of the same label. */
  label: z.string().default(""),
  verdict: z.enum(verdicts),
  exitStatus: z.int(),
  accelerator: z.string(),
  versions: z.record(z.string(), z.string()),
  started: z.iso.datetime(),
  durationMs: z.number(),
  fingerprint: z.string().optional(),
  /** Status by check id. */
  checks: z.record(z.string(), z.enum(["pass", "fail", "skip", "xfail"])),
  metrics: z.array(metricDigest),
});
export type Digest = z.output<typeof digestSchema>;

export function digestOf(result: RunResult, label = ""): Digest {
  const fingerprint = fingerprintOf(result);
  const { scenario, verdict, exitStatus, accelerator, versions, started, durationMs } = result;
  return {
    schema: 1,
    ...{ scenario, label, verdict, exitStatus, accelerator, versions, started, durationMs },
    ...(fingerprint === undefined ? {} : { fingerprint }),
    checks: Object.fromEntries(result.checks.map(({ id, status }) => [id, status])),
    metrics: result.metrics.filter(({ samples }) => samples.length > 0).map(metricDigestOf),
  };
}

function metricDigestOf({ name, unit, samples, median }: Metric): MetricDigest {
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  return { name, unit, median, least, most, count: samples.length };
}

/** How sure a difference is: `too few` says that nobody can tell from so few samples. */
export type Change = "higher" | "lower" | "none" | "too few";

export interface MetricChange {
  readonly name: string;
  readonly unit: string;
  readonly now: MetricDigest;
  readonly before: MetricDigest;
  /** Ratio of the medians, NaN if the earlier one is 0. */
  readonly ratio: number;
  readonly change: Change;
  /** Whether the change is one for the better; undefined if none can say. */
  readonly better: boolean | undefined;
}

/** A quantity that does not vary from run to run: one sample tells all of it. */
const exactUnits = new Set(["instructions"]);
const enoughSamples = 3;

/** Earlier runs as one: medians of medians, and the range over all their samples. */
export function pooled(runs: readonly Digest[]): MetricDigest[] {
  const byKey = Map.groupBy(
    runs.flatMap((run) => run.metrics),
    ({ name }) => name,
  );
  return [...byKey.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    return {
      ...first,
      median: middle(same.map(({ median }) => median)),
      least: Math.min(...same.map(({ least }) => least)),
      most: Math.max(...same.map(({ most }) => most)),
      count: same.reduce((sum, { count }) => sum + count, 0),
    };
  });
}

/** Every metric that both have, those that changed first. A change is one only if the ranges do not touch. */
export function compareMetrics(
  now: readonly MetricDigest[],
  then: readonly MetricDigest[],
): MetricChange[] {
  const earlier = new Map(then.map((metric) => [metric.name, metric]));
  const changes = now.flatMap((metric) => {
    const old = earlier.get(metric.name);
    if (!old || old.unit !== metric.unit) return [];
    const change = changeOf(metric, old);
    const ratio = old.median === 0 ? Number.NaN : metric.median / old.median;
    const better = betterOf(change, metric.unit);
    return {
      name: metric.name,
      unit: metric.unit,
      now: metric,
      before: old,
      ratio,
      change,
      better,
    };
  });
  const rank = ({ change, unit }: MetricChange) =>
    (change === "higher" || change === "lower" ? 0 : 2) + (exactUnits.has(unit) ? 0 : 1);
  return changes.sort((a, b) => rank(a) - rank(b));
}

function changeOf(now: MetricDigest, then: MetricDigest): Change {
  const few = now.count < enoughSamples || then.count < enoughSamples;
  if (few && !exactUnits.has(now.unit)) return now.median === then.median ? "none" : "too few";
  if (now.least > then.most) return "higher";
  if (now.most < then.least) return "lower";
  return "none";
}

function betterOf(change: Change, unit: string): boolean | undefined {
  if (change !== "higher" && change !== "lower") return undefined;
  if (unit === "Gb/s") return change === "higher";
  if (unit === "ms" || unit === "s" || unit === "instructions") return change === "lower";
  return undefined;
}

/** A check that does not end as it did. */
export interface CheckChange {
  readonly id: string;
  readonly now: string;
  readonly before: string;
}

export function compareChecks(now: Digest, then: Digest): CheckChange[] {
  return Object.entries(now.checks).flatMap(([id, status]) => {
    const old = then.checks[id];
    return old === undefined || old === status ? [] : [{ id, now: status, before: old }];
  });
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}
