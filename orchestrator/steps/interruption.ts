// SPDX-License-Identifier: MIT
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { endingOf } from "../lab/ending.ts";
import { GuestError } from "../lab/errors.ts";
import type { CommandResult } from "../lab/ssh.ts";
import { duration } from "../scenario/size.ts";
import { machineField } from "../scenario/topology/graph-names.ts";
import { commandFailure, mayFail, type StepFailure } from "./failure.ts";
import { type InterruptedWork, outcomeOf } from "./offers.ts";
import { execOptions, type GuestCommand, type StepContext } from "./step-kind.ts";
import { strict } from "./strict.ts";

/** Work in a guest that a fault interrupts. */
const work = z.strictObject({
  on: machineField("The VM in which it runs."),
  run: z
    .string()
    .min(1)
    .describe(
      "A shell command that is under way when the fault comes; bash ends it at the first part that fails (`set -e`, `pipefail`).",
    ),
  ready: z.string().min(1).describe("A text that the command prints once it is at work."),
  "may-fail": mayFail,
});

/** Fields of every step that does something while work is under way. */
export const interruptionFields = {
  during: work
    .optional()
    .describe("Work that the fault interrupts; how it ends is for a check to judge."),
  after: duration
    .prefault("200ms")
    .describe("How long the work is let run before the fault comes."),
};

interface Interruption {
  readonly during?: z.output<typeof work> | undefined;
  readonly after: number;
}

export function workCommands({ during }: Interruption): GuestCommand[] {
  if (!during) return [];
  return [{ on: during.on, what: "the work that is interrupted", script: strict(during.run) }];
}

/**
 * Starts the work, does `fault` some time later, and waits for the work's end. `fault` gets a clock that runs
 * from when it was called.
 *
 * @throws GuestError when the work has ended before: the fault would have met none.
 */
export function interrupting<Seen extends object>(
  interruption: Interruption,
  context: StepContext,
  fault: (since: () => number) => Promise<Seen>,
): Promise<Seen & { readonly work?: InterruptedWork }> {
  return context.lab.whileTimePasses(() => interrupted(interruption, context, fault));
}

async function interrupted<Seen extends object>(
  interruption: Interruption,
  context: StepContext,
  fault: (since: () => number) => Promise<Seen>,
): Promise<Seen & { readonly work?: InterruptedWork }> {
  const { during, after } = interruption;
  const running = during && (await start(during, context));
  await pause(after, undefined, { signal: context.lab.signal });
  if (running?.ended) throw overBefore(running.ended);
  const began = performance.now();
  const since = () => performance.now() - began;
  const seen = await fault(since);
  if (!running) return seen;
  context.progress("waiting for what was under way to end");
  const ended = await running.stop();
  return { ...seen, work: { ...outcomeOf(ended), ms: since() } };
}

/** The work ended badly, which is for a check to judge. */
export function workFailure(
  { work }: { readonly work?: InterruptedWork },
  { during }: Pick<Interruption, "during">,
): StepFailure | undefined {
  if (!work || during?.["may-fail"]) return undefined;
  return commandFailure("what was under way", work);
}

function start({ on, run, ready }: z.output<typeof work>, context: StepContext) {
  const options = execOptions(context, "the work that is interrupted");
  return context.lab.vm(on).ssh.background(strict(run), ready, options);
}

function overBefore({ stdout, stderr, ...ending }: CommandResult): GuestError {
  const lines = `${stdout}${stderr}`.trim().split("\n").slice(-12);
  return new GuestError(
    `expected work to be under way, but before the fault it ${endingOf(ending)}: ${lines.at(-1)}`,
    [{ title: "the work that was to be interrupted", lines }],
  );
}
