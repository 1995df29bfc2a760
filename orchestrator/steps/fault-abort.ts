// SPDX-License-Identifier: MIT
import * as z from "zod";
import { before, seconds } from "../lab/deadline.ts";
import { DeadlineError, GuestError } from "../lab/errors.ts";
import { type DmaError, dmaErrors } from "../lab/link.ts";
import { total } from "../lab/stats.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { interrupting, interruptionFields, workCommands, workFailure } from "./interruption.ts";
import type { InterruptedWork } from "./offers.ts";
import { pause } from "./pause.ts";
import { defineStep, type StepContext } from "./step-kind.ts";

/** What became of the aborts, if there was work that they were to hit. */
export interface AbortEvidence {
  readonly direction: "write" | "read";
  /** How many came, by the controller's own counters. */
  readonly aborts: number;
  readonly work?: InterruptedWork;
}

const ofWrites: readonly DmaError[] = ["unsupported-request", "poisoned"];

const schema = z
  .strictObject({
    link: linkField,
    direction: z
      .enum(["write", "read"])
      .describe(
        "`write` channels copy from the endpoint to the host, `read` channels the other way.",
      ),
    error: z
      .enum(dmaErrors)
      .default("unsupported-request")
      .describe(
        "What is wrong: nobody answers for the address, or of reads the completer aborts, or answers too late, or with poisoned data. A poisoned write does not abort: the host's port finds it.",
      ),
    channel: z.int().min(0).max(7).optional().describe("One channel; without it whichever comes."),
    count: z.int().min(1).max(1_000_000).default(1).describe("How many data elements abort."),
    skip: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .describe("How many are let through before each that aborts."),
    ...interruptionFields,
  })
  .refine(({ direction, error }) => direction === "read" || ofWrites.includes(error), {
    path: ["error"],
    error: `a write is posted, so that no completion of it can fail: expected ${ofWrites.join(" or ")}`,
  });
type Params = z.output<typeof schema>;

/** The controller tells nobody; it can be asked. */
const lookEveryMs = 20;

async function untilAllCame(params: Params, context: StepContext): Promise<void> {
  const { lab, limitMs } = context;
  let left = params.count;
  const look = async () => {
    for (;;) {
      left = await lab.link(params.link).abortsLeft(params.direction);
      if (left === 0) return;
      await pause(lab, lookEveryMs);
    }
  };
  const what = `${params.count} aborts of ${params.direction} channels`;
  await before({ ms: limitMs, what, signal: lab.signal }, look()).catch((error: unknown) => {
    if (!(error instanceof DeadlineError)) throw error;
    throw new GuestError(
      `only ${params.count - left} of ${what} came within ${seconds(limitMs)}: nothing more was moved`,
    );
  });
}

export const abortDma = defineStep({
  kind: "abort-dma",
  summary:
    "has the engine's next elements abort, as by an address that nobody answers for, or poisons them",
  schema,
  limitMs: () => 30_000,
  title: ({ error, count, direction, channel }) =>
    `${error === "poisoned" ? "Poison" : "Abort"} ${count} DMA ${count === 1 ? "element" : "elements"} of ${direction} ${channel === undefined ? "channels" : `channel ${channel}`}`,
  commands: workCommands,
  run: async (params, context): Promise<AbortEvidence> => {
    const { direction, error, count, skip, channel } = params;
    const link = context.lab.link(params.link);
    const counted = async () => total((await link.stats())[direction], "aborts");
    const earlier = await counted();
    const ended = await interrupting(params, context, async () => {
      await link.planAborts({ direction, error, count, skip, channel });
      // Without work of its own they wait for what later steps move.
      if (params.during) await untilAllCame(params, context);
      return {};
    });
    return { direction, aborts: (await counted()) - earlier, ...ended };
  },
  measures: [
    {
      name: "dma.aborts.<channels>",
      unit: "1",
      clock: "none",
      about: "elements that aborted in the step; `<channels>` is its `direction`",
      samples: ({ direction, aborts }) => [{ which: [direction], values: [aborts] }],
    },
  ],
  failure: workFailure,
  offers: { command: ({ work }) => work },
});
