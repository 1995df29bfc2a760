// SPDX-License-Identifier: MIT

import { expect, test } from "vitest";
import type { GuestError } from "../lab/errors.ts";
import type { BackgroundCommand, CommandResult } from "../lab/ssh.ts";
import { passingTime } from "../lab/testing/passing-time.ts";
import { interrupting } from "./interruption.ts";
import type { StepContext } from "./step-kind.ts";
import { playedClock } from "./testing/played-clock.ts";

const ended: CommandResult = {
  status: 1,
  stdout: "begun\n",
  stderr: "no such device\n",
  ms: 5,
  command: "work",
};

const printed = async () => {};

/** A lab whose work is as given. */
function contextOf(work: BackgroundCommand, said: string[] = []): StepContext {
  const machine = { ssh: { background: async () => work } };
  const lab = { ...passingTime, signal: new AbortController().signal, vm: () => machine };
  const clock = {
    deadline: { remainingMs: 1000 },
    progress: (text: string) => void said.push(text),
  };
  return { lab, ...clock } as unknown as StepContext;
}
const interruption = {
  during: { on: "host", run: "work", ready: "begun", "may-fail": false },
  after: 0,
} as const;

test("work that is under way: how it ended comes with what the fault saw", async () => {
  const context = contextOf({ ended: undefined, printed, stop: async () => ended });
  const seen = await interrupting(interruption, context, async () => ({ removedMs: 7 }));
  expect(seen).toMatchObject({
    removedMs: 7,
    work: { status: 1, stdout: "begun\n", stderr: "no such device\n" },
  });
});

test("work that has ended before: there is no fault, and it is told what the work said", async () => {
  const context = contextOf({ ended, printed, stop: async () => ended });
  let faults = 0;
  const fault = async () => ({ faults: ++faults });
  await expect(interrupting(interruption, context, fault)).rejects.toThrow(
    "expected work to be under way, but before the fault it ended with status 1: no such device",
  );
  expect(faults).toBe(0);
});

test("how long the work went on is counted from the fault, of which the fault itself is told", async () => {
  const said: string[] = [];
  const context = contextOf({ ended: undefined, printed, stop: async () => ended }, said);
  playedClock(7);
  const seen = await interrupting(interruption, context, async (since) => ({ at: since() }));
  expect(seen).toMatchObject({ at: 7, work: { ms: 14 } });
  expect(said).toEqual(["waiting for what was under way to end"]);
});

test("without work a fault has its say alone, after the time that it is to wait; who gives up is heard", async () => {
  const context = contextOf({ ended: undefined, printed, stop: async () => ended });
  expect(await interrupting({ after: 0 }, context, async () => ({ seen: 1 }))).toEqual({ seen: 1 });
  const given = { ...context, lab: { ...context.lab, signal: AbortSignal.timeout(20) } };
  const waiting = interrupting({ after: 600_000 }, given as StepContext, async () => ({}));
  await expect(waiting).rejects.toThrow(/abort/i);
});

test("work that has ended shows its last lines, and how it ended where that is known", async () => {
  const stdout = `${Array.from({ length: 20 }, (_, line) => `line ${line + 1}`).join("\n")}\n`;
  const over = { ...ended, status: undefined, stdout, stderr: "" };
  const context = contextOf({ ended: over, printed, stop: async () => over });
  const failed = interrupting(interruption, context, async () => ({}));
  await expect(failed).rejects.toThrow("before the fault it was killed: line 20");
  const { excerpts } = (await failed.catch((error: unknown) => error)) as GuestError;
  expect(excerpts[0]?.lines).toHaveLength(12);
  expect(excerpts[0]?.lines[0]).toBe("line 9");
});
