// SPDX-License-Identifier: MIT
import * as z from "zod";
import { interrupting, interruptionFields, workCommands, workFailure } from "./interruption.ts";
import { awaitRemoval, hostLoses, lossMeasures, lossOffers } from "./link-loss.ts";
import type { LinkLoss } from "./offers.ts";
import { defineStep } from "./step-kind.ts";

const schema = z.strictObject({
  how: z
    .enum(["link-down", "endpoint-dies"])
    .default("link-down")
    .describe("`link-down` as a cable that is pulled, `endpoint-dies` as the endpoint VM's power."),
  ...interruptionFields,
});

export const loseLink = defineStep({
  kind: "lose-link",
  summary: "takes the link down, or ends the endpoint VM, while something is under way over it",
  schema,
  limitMs: () => 30_000,
  title: ({ how }) => (how === "link-down" ? "Take the link down" : "Pull the endpoint's power"),
  commands: (params, plan) => [...workCommands(params), awaitRemoval(plan)],
  run: (params, context): Promise<LinkLoss> => {
    const { lab } = context;
    const lose = () =>
      params.how === "endpoint-dies" ? lab.cutPower("endpoint") : lab.link.drop();
    return interrupting(params, context, (since) => hostLoses(context, since, lose));
  },
  failure: workFailure,
  measures: lossMeasures,
  offers: lossOffers,
});
