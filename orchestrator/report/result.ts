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

/** The file result.json, schema 1: what a run found, for machines. Durations are in milliseconds. */
export const resultSchema = z.object({
  schema: z.literal(1),
  scenario: text,
  title: text,
  verdict: z.enum(["pass", "fail", "error"]),
  /** The process's exit status: 0 passed, 1 failed, 2 bad input, 125 could not be judged. */
  exitStatus: z.int(),
  accelerator: text,
  versions: z.record(z.string(), z.string()),
  started: z.iso.datetime(),
  durationMs: z.number(),
  phases: z.array(z.object({ name: text, durationMs: z.number() })),
  steps: z.array(
    z.object({
      id: text,
      kind: text,
      title: text,
      status: z.enum(["done", "failed", "not run"]),
      /** From the start of the run. */
      startMs: z.number().nullable(),
      durationMs: z.number().nullable(),
    }),
  ),
  checks: z.array(
    z.object({
      id: text,
      title: text,
      status: z.enum(["pass", "fail", "skip"]),
      measured: value,
      expected: value,
      unit: text,
      reason: text,
    }),
  ),
  metrics: z.array(
    z.object({ name: text, unit: text, samples: z.array(z.number()), median: z.number() }),
  ),
  /** Why the run ended before its last step, or could not be torn down. */
  failure: z.object({ phase: text, message: text, excerpt: z.array(excerptSchema) }).optional(),
});

export type RunResult = z.output<typeof resultSchema>;
export type Verdict = RunResult["verdict"];
export type Excerpt = z.output<typeof excerptSchema>;
