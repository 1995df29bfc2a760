// SPDX-License-Identifier: MIT
import * as z from "zod";
import { duration } from "../scenario/size.ts";
import { roles } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { defineStep } from "./step-kind.ts";

/** What a message takes from now on. */
export interface LinkLatencyEvidence {
  readonly host?: number;
  readonly endpoint?: number;
}

/** The controller and the function refuse more: see qemu-devices/README.md. */
const longestMs = 1000;

const delay = z.union([
  z.literal("none").transform(() => 0),
  duration.refine((ms) => ms <= longestMs, { error: "expected none, or 1s at most" }),
]);

export const linkLatency = defineStep({
  kind: "link-latency",
  summary: "has every message over the link take a time; what is RAM on both sides stays RAM",
  schema: z.strictObject({
    link: linkField,
    delay: delay.describe(
      "What each message takes, 1s at most; a read takes it on the way there and on the way back. `none` ends it.",
    ),
    from: z
      .enum([...roles, "both"])
      .default("both")
      .describe("The side whose messages take it."),
  }),
  limitMs: () => 10_000,
  title: ({ delay, from }) =>
    delay === 0
      ? "Take the link's latency away"
      : `Let the link take ${delay} ms from ${from === "both" ? "either side" : `the ${from}`}`,
  commands: () => [],
  run: async ({ link, delay, from }, { lab }): Promise<LinkLatencyEvidence> => {
    const sides = from === "both" ? roles : [from];
    for (const side of sides) await lab.link(link).setLatency(side, delay);
    return Object.fromEntries(sides.map((side) => [side, delay]));
  },
});
