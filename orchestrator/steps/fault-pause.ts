// SPDX-License-Identifier: MIT
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod";
import { seconds } from "../lab/deadline.ts";
import { duration } from "../scenario/size.ts";
import { machineField } from "../scenario/topology/graph-names.ts";
import { interrupting, interruptionFields, workCommands, workFailure } from "./interruption.ts";
import { measure } from "./measure.ts";
import type { InterruptedWork } from "./offers.ts";
import { defineStep } from "./step-kind.ts";

/** How long the guest stood still, and what became of the work meanwhile. */
export interface PauseEvidence {
  readonly pausedMs: number;
  readonly work?: InterruptedWork;
}

export const pauseVm = defineStep({
  kind: "pause-vm",
  summary: "stops a VM's CPUs for a time; its devices, and with them the link, go on",
  schema: z.strictObject({
    vm: machineField("The VM whose CPUs stop."),
    for: duration.describe(
      "How long they stand still; it counts towards the scenario's `timeout`.",
    ),
    ...interruptionFields,
  }),
  // Time limits count while the guest stands still, and shrink under a faster accelerator; the pause does not.
  limitMs: (params) => 2 * params.for + 20_000,
  title: (params) => `Pause the ${params.vm} VM for ${seconds(params.for)}`,
  commands: workCommands,
  run: (params, context): Promise<PauseEvidence> =>
    interrupting(params, context, async (since) => {
      const { qmp } = context.lab.vm(params.vm);
      await qmp.execute("stop");
      const began = since();
      context.progress(`the ${params.vm} VM stands still`);
      await wait(params.for, undefined, { signal: context.lab.signal });
      await qmp.execute("cont");
      return { pausedMs: since() - began };
    }),
  measures: [
    measure(
      "paused",
      "ms",
      "lab",
      "how long the VM's CPUs stood still",
      ({ pausedMs }: PauseEvidence) => pausedMs,
    ),
  ],
  failure: workFailure,
  offers: { command: ({ work }) => work },
});
