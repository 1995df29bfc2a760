// SPDX-License-Identifier: MIT
import * as z from "zod";

const text = z.string();
const value = z.union([z.string(), z.number(), z.null()]);

/** A few lines that show what went wrong, and the file that has the rest. */
export const excerptSchema = z.object({
  title: text,
  lines: z.array(text),
  file: text.optional(),
});

/** Which variant of a scenario with a matrix an entry is of; absent where the scenario has none. */
const variant = text.optional();

const phaseSchema = z.object({
  name: text,
  /** From the start of the run, as every time here, in milliseconds. */
  startMs: z.number().optional(),
  durationMs: z.number(),
  variant,
});

const stepSchema = z.object({
  id: text,
  kind: text,
  title: text,
  status: z.enum(["done", "failed", "not run"]),
  startMs: z.number().nullable(),
  durationMs: z.number().nullable(),
  variant,
});

const checkSchema = z.object({
  id: text,
  title: text,
  status: z.enum(["pass", "fail", "skip"]),
  measured: value,
  expected: value,
  unit: text,
  /** Why it failed or was skipped; empty if it passed. */
  reason: text,
  /** The step whose findings it judges. */
  step: text.optional(),
  /** What a test in a guest printed for this result, where that says more. */
  lines: z.array(text).optional(),
  variant,
});

const metricSchema = z.object({
  name: text,
  unit: text,
  samples: z.array(z.number()),
  median: z.number(),
  variant,
});

/** A quantity over time, for plots. */
const seriesSchema = z.object({
  name: text,
  unit: text,
  /** A counter that only grows: what matters is how fast. */
  cumulative: z.boolean().optional(),
  /** Pairs of milliseconds from the start of the run and the value. */
  points: z.array(z.tuple([z.number(), z.number()])),
  variant,
});

/** Why a run ended before its last step, or could not be torn down. */
const failureSchema = z.object({
  phase: text,
  message: text,
  excerpt: z.array(excerptSchema),
  atMs: z.number().optional(),
  variant,
});

export const verdicts = ["pass", "fail", "error", "flaky"] as const;

const variantSchema = z.object({
  name: text,
  title: text,
  verdict: z.enum(verdicts).optional(),
  durationMs: z.number().optional(),
  failure: failureSchema.optional(),
});

/** One of the tries that --retries made; each has a result.json of its own in `directory`. */
const attemptSchema = z.object({
  verdict: z.enum(verdicts),
  exitStatus: z.int(),
  started: z.iso.datetime(),
  durationMs: z.number(),
  /** Beside this file. */
  directory: text,
  /** What went wrong in it, in a line each; empty if it passed. */
  problems: z.array(text),
});

/** The file result.json, schema 1: what a run found, for machines. Durations are in milliseconds. */
export const resultSchema = z.object({
  schema: z.literal(1),
  scenario: text,
  title: text,
  /** `flaky`: failed at first and passed when --retries tried again. */
  verdict: z.enum(verdicts),
  /** The process's exit status: 0 passed, 1 failed, 2 bad input, 125 could not be judged. */
  exitStatus: z.int(),
  accelerator: text,
  versions: z.record(z.string(), z.string()),
  started: z.iso.datetime(),
  durationMs: z.number(),
  /** The command that does it again. */
  reproduce: text.optional(),
  /** A variant without a verdict was not run. */
  variants: z.array(variantSchema).optional(),
  phases: z.array(phaseSchema),
  steps: z.array(stepSchema),
  checks: z.array(checkSchema),
  metrics: z.array(metricSchema),
  series: z.array(seriesSchema).optional(),
  /** The first of the run's or its variants' failures. */
  failure: failureSchema.optional(),
  /** All tries, the last one being this result's; only with --retries. */
  attempts: z.array(attemptSchema).optional(),
});

export type RunResult = z.output<typeof resultSchema>;
export type Verdict = RunResult["verdict"];
export type Check = RunResult["checks"][number];
export type Metric = RunResult["metrics"][number];
export type Series = NonNullable<RunResult["series"]>[number];
export type Attempt = NonNullable<RunResult["attempts"]>[number];
export type Excerpt = z.output<typeof excerptSchema>;
