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
  clock: z.literal("virtual").optional(),
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
  /** How many runs were made at a time, where that was more than one. */
  jobs: z.int().optional(),
  /** What varied its virtual time: the seeds of all its runs, in their order. */
  seeds: z.array(z.int()).optional(),
  fingerprint: z.string().optional(),
  /** Status by check id. */
  checks: z.record(z.string(), z.enum(["pass", "fail", "skip", "xfail"])),
  metrics: z.array(metricDigest),
});
export type Digest = z.output<typeof digestSchema>;

export function digestOf(result: RunResult, label = ""): Digest {
  const fingerprint = fingerprintOf(result);
  const { scenario, verdict, exitStatus, accelerator, versions, started, durationMs } = result;
  const seeds = seedsOf(result);
  return {
    schema: 1,
    ...{ scenario, label, verdict, exitStatus, accelerator, versions, started, durationMs },
    ...(result.jobs === undefined ? {} : { jobs: result.jobs }),
    ...(seeds.length === 0 ? {} : { seeds }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    checks: Object.fromEntries(result.checks.map(({ id, status }) => [id, status])),
    metrics: result.metrics.filter(({ samples }) => samples.length > 0).map(metricDigestOf),
  };
}

/** Of several runs the result has the samples of all. */
function seedsOf({ seed, attempts = [] }: RunResult): number[] {
  const seeds = [seed, ...attempts.map((attempt) => attempt.seed)];
  return [...new Set(seeds.filter((one) => one !== undefined))].sort((a, b) => a - b);
}

function metricDigestOf({ name, unit, samples, median, clock }: Metric): MetricDigest {
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const byClock = clock ? { clock } : {};
  return { name, unit, median, least, most, count: samples.length, ...byClock };
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
  /** For a throughput: how the instructions that the guests took for the same changed. They go before the time. */
  readonly counted?: Change;
}

/** A count of instructions does not depend on what else the machine does. */
export function isCount({ name, unit }: Pick<MetricDigest, "name" | "unit">): boolean {
  return unit === "instructions" || /(^|\.)instructions_per_/.test(name);
}

/** What is compared: a quantity, by one clock. */
export function keyOf({ name, clock }: MetricDigest): string {
  return `${name} ${clock ?? ""}`;
}

const enoughSamples = 3;
/** Guests that wait for each other take a few instructions more or less; samples within this lie together. */
const countsVary = 0.1;
/** Figures by virtual time come out nearly the same in each run of the same thing, whatever else the machine does. */
const virtualTimesVary = 0.02;

/** Whether two runs had the machine in the same way: times that were taken beside other runs tell of those, too. */
export function sameJobs(one: Pick<Digest, "jobs">, other: Pick<Digest, "jobs">): boolean {
  return one.jobs === other.jobs;
}

/** Whether the same varied the virtual time of two runs: with another seed all of it takes another time. */
export function sameSeeds(one: Pick<Digest, "seeds">, other: Pick<Digest, "seeds">): boolean {
  return String(one.seeds ?? []) === String(other.seeds ?? []);
}

/** Metrics of a run that say something of `now`: of one made beside more or fewer others, those that do not depend on these. */
export function comparable(run: Digest, now: Pick<Digest, "jobs">): readonly MetricDigest[] {
  if (sameJobs(run, now)) return run.metrics;
  return run.metrics.filter((metric) => isCount(metric) || metric.clock === "virtual");
}

/** With how many runs before it one is compared, where nobody names another. */
export const comparedRuns = 10;

/**
 * Earlier runs as one, for a comparison with `now`: medians of medians, and the range over all their samples. Each quantity is
 * that of the last runs that have it comparable; each clock's figures stay by themselves.
 *
 * @param runs oldest first.
 */
export function pooled(runs: readonly Digest[], now: Pick<Digest, "jobs">): MetricDigest[] {
  const byKey = Map.groupBy(
    runs.flatMap((run) => comparable(run, now)),
    keyOf,
  );
  return [...byKey.values()].flatMap((all) => {
    const same = all.slice(-comparedRuns);
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
  const earlier = new Map(then.map((metric) => [keyOf(metric), metric]));
  const changes = now.flatMap((metric): MetricChange[] => {
    const old = earlier.get(keyOf(metric));
    if (!old || old.unit !== metric.unit) return [];
    const { name, unit } = metric;
    const change = changeOf(metric, old);
    const ratio = old.median === 0 ? Number.NaN : metric.median / old.median;
    return [
      { name, unit, now: metric, before: old, ratio, change, better: betterOf(change, metric) },
    ];
  });
  const rank = (one: MetricChange) => (isChange(one) ? 0 : 2) + (isCount(one) ? 0 : 1);
  return changes.map((one) => withCounts(one, changes)).sort((a, b) => rank(a) - rank(b));
}

/** Whether there is a difference that is clear of both ranges. */
export function isChange({ change }: Pick<MetricChange, "change">): boolean {
  return change === "higher" || change === "lower";
}

function changeOf(now: MetricDigest, then: MetricDigest): Change {
  const few = now.count < enoughSamples || then.count < enoughSamples;
  const varies = isCount(now) ? countsVary : now.clock === "virtual" ? virtualTimesVary : undefined;
  if (few && varies === undefined) return now.median === then.median ? "none" : "too few";
  // Samples of one run by virtual time lie closer together than two runs do, however many they are.
  const margin = few || now.clock === "virtual" ? (varies ?? 0) : 0;
  if (now.least > then.most * (1 + margin)) return "higher";
  if (now.most < then.least * (1 - margin)) return "lower";
  return "none";
}

function betterOf(change: Change, metric: MetricDigest): boolean | undefined {
  if (!isChange({ change })) return undefined;
  if (metric.unit === "Gb/s") return change === "higher";
  if (metric.unit === "ms" || metric.unit === "s" || isCount(metric)) return change === "lower";
  return undefined;
}

const throughput = /(?:^|\.)([^.]+)\.(?:qp_)?throughput\.([^.]+)$/;

/**
 * Where the instructions for the same transport and direction were counted and did not change, a change in throughput may
 * be the machine's: it is shown, but called neither better nor worse.
 */
function withCounts(one: MetricChange, all: readonly MetricChange[]): MetricChange {
  const [, transport, direction] = throughput.exec(one.name) ?? [];
  if (transport === undefined) return one;
  const total = `${transport}.instructions_per_MiB.${direction}.total`;
  const counts = all.find(({ name }) => name === total || name.endsWith(`.${total}`));
  if (!counts) return one;
  const { better, ...rest } = one;
  return { ...rest, counted: counts.change, better: isChange(counts) ? better : undefined };
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
