// SPDX-License-Identifier: MIT
import * as z from "zod";
import { kernelLevels } from "../lab/dmesg.ts";

const text = z.string();
const value = z.union([z.string(), z.number(), z.null()]);

/** A few lines that show what went wrong, and the file that has the rest. */
export const excerptSchema = z.object({
  title: text,
  lines: z.array(text),
  file: text.optional().describe("In result.json its path from there."),
});

/** Which variant of a scenario with a matrix an entry is of; absent where the scenario has none. */
const variant = text.optional();

const phaseSchema = z.object({
  name: text,
  startMs: z
    .number()
    .optional()
    .describe("From the start of the run, as every time here, in milliseconds."),
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
  output: z
    .object({ status: z.int().nullable(), signal: text.optional(), stdout: text, stderr: text })
    .optional()
    .describe("How its command in a guest ended, if it has one, and all that it printed."),
  variant,
});

const checkSchema = z.object({
  id: text,
  title: text,
  status: z
    .enum(["pass", "fail", "skip", "xfail"])
    .describe("`xfail`: failed as the scenario's `expect: fail` says."),
  measured: value,
  expected: value,
  unit: text,
  reason: text.describe("Why it failed or was skipped; empty if it passed."),
  step: text.optional().describe("The step whose findings it judges."),
  lines: z
    .array(text)
    .optional()
    .describe("What a test in a guest printed for this result, where that says more."),
  variant,
});

const metricSchema = z.object({
  name: text,
  unit: text,
  samples: z.array(z.number()),
  median: z.number(),
  clock: z
    .literal("virtual")
    .optional()
    .describe(
      "A time or rate by virtual time, that of the guests; without this it is by the run's `clock`.",
    ),
  variant,
});

/** A quantity over time, for plots. */
const seriesSchema = z.object({
  name: text,
  unit: text,
  cumulative: z
    .boolean()
    .optional()
    .describe("A counter that only grows: what matters is how fast."),
  points: z
    .array(z.tuple([z.number(), z.number()]))
    .describe("Pairs of milliseconds from the start of the run and the value."),
  variant,
});

/** Why a run ended before its last step, or could not be torn down. */
const failureSchema = z.object({
  phase: text,
  message: text,
  excerpt: z.array(excerptSchema),
  followedBy: z
    .array(z.object({ message: text, atMs: z.number(), excerpt: excerptSchema }))
    .optional()
    .describe("What kernels complained of after the complaint that ended the run."),
  atMs: z.number().optional(),
  expected: z.boolean().optional().describe("It is what the scenario's `expect: fail` describes."),
  variant,
});

/** What a guest's kernel had to say beside what the run was about. */
const kernelLogSchema = z.object({
  role: text.describe("The machine's name."),
  lines: z
    .array(
      z.object({
        level: z.enum(kernelLevels).nullable(),
        text,
        step: text.optional().describe("Of an error: the step during which it was logged."),
        known: text.optional().describe("Of an error: why it may be, by the scenario or in any."),
      }),
    )
    .describe(
      "In the order of time, of all kernels that ran on the machine; without a level what others than they printed on its console.",
    ),
  note: text.optional().describe("What is not among them, and why."),
  unread: z
    .literal(true)
    .optional()
    .describe("The kernel could not be asked, or not for all that it has logged."),
  variant,
});

/** What a scenario of a known bug says of its own failure. */
const expectationSchema = z.object({
  fails: text.describe("What is to fail, and how."),
  report: text.optional().describe("Where the bug is reported."),
  met: z.boolean().describe("Whether it failed so, and in no other way."),
  differs: z
    .array(text)
    .optional()
    .describe("Where it did not: each difference from what was described, in words."),
});

export const verdicts = ["pass", "fail", "error", "flaky", "skip"] as const;

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
  seed: z.int().min(1).optional(),
  directory: text.describe("Beside this file."),
  problems: z.array(text).describe("What went wrong in it, in a line each; empty if it passed."),
});

/** The file result.json, schema 1: what a run found, for machines. Durations are in milliseconds. */
export const resultSchema = z.object({
  schema: z.literal(1),
  scenario: text,
  title: text,
  verdict: z
    .enum(verdicts)
    .describe(
      "`flaky`: failed at first and passed when --retries tried again, or did both under --repeat; `skip`: not run, see `skipped`.",
    ),
  exitStatus: z
    .int()
    .describe(
      "The process's exit status: 0 passed, 1 failed, 2 bad input, 125 could not be judged.",
    ),
  accelerator: text,
  versions: z.record(z.string(), z.string()),
  started: z.iso.datetime(),
  durationMs: z.number(),
  clock: z
    .enum(["wall"])
    .default("wall")
    .describe(
      "By which clock all times and rates here are: `wall`, that of the machine that emulates.",
    ),
  jobs: z
    .int()
    .min(2)
    .optional()
    .describe(
      "So many runs were made at a time on the machine (`--jobs`): times and rates were taken beside others. Absent for one that had it for itself.",
    ),
  seed: z
    .int()
    .min(1)
    .optional()
    .describe(
      "What varied latencies and the order of events in virtual time; the same seed does it again.",
    ),
  reproduce: text.optional().describe("The command that does it again."),
  topology: z
    .array(text)
    .optional()
    .describe(
      "The machines and the links between them, as lines to look at; of the first variant.",
    ),
  unseen: z
    .array(text)
    .optional()
    .describe(
      "What goes wrong without a sign on these kernels and machines, whatever the verdict.",
    ),
  skipped: text.optional().describe("Why the kernels cannot run the scenario at all."),
  expectation: expectationSchema.optional().describe("Only with `expect: fail`."),
  variants: z.array(variantSchema).optional().describe("A variant without a verdict was not run."),
  phases: z.array(phaseSchema),
  steps: z.array(stepSchema),
  checks: z.array(checkSchema),
  metrics: z.array(metricSchema),
  series: z.array(seriesSchema).optional(),
  kernelLogs: z
    .array(kernelLogSchema)
    .optional()
    .describe("What each kernel logged at warning level or above since it booted."),
  failure: failureSchema.optional().describe("The first of the run's or its variants' failures."),
  attempts: z
    .array(attemptSchema)
    .optional()
    .describe(
      "All tries: with --retries this result is the last one's, with --repeat the first one's that did not pass.",
    ),
});

export type RunResult = z.output<typeof resultSchema>;
export type Verdict = RunResult["verdict"];
export type Check = RunResult["checks"][number];
export type Metric = RunResult["metrics"][number];
export type Series = NonNullable<RunResult["series"]>[number];
export type KernelLog = z.output<typeof kernelLogSchema>;
export type Attempt = NonNullable<RunResult["attempts"]>[number];
export type Expectation = z.output<typeof expectationSchema>;
export type Excerpt = z.output<typeof excerptSchema>;
