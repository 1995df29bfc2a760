// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { BackgroundCommand, CommandResult } from "../lab/ssh.ts";
import { interrupting } from "./interruption.ts";
import type { StepContext } from "./step-kind.ts";

const ended: CommandResult = {
  status: 1,
  stdout: "begun\n",
  stderr: "no such device\n",
  ms: 5,
  command: "work",
};

const printed = async () => {};

/** A lab whose work is as given. */
function contextOf(work: BackgroundCommand): StepContext {
  const machine = { ssh: { background: async () => work } };
  const lab = { signal: new AbortController().signal, host: machine, endpoint: machine };
  const clock = { deadline: { remainingMs: 1000 }, progress: () => {} };
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
    "expected work to be under way, but it had ended with status 1 before the fault: no such device",
  );
  expect(faults).toBe(0);
});
