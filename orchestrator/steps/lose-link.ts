// SPDX-License-Identifier: MIT
import * as z from "zod";
import { linkOf } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { interrupting, interruptionFields, workCommands, workFailure } from "./interruption.ts";
import { awaitRemoval, hostLoses, lossMeasures, lossOffers } from "./link-loss.ts";
import type { LinkLoss } from "./offers.ts";
import { defineStep } from "./step-kind.ts";

const schema = z.strictObject({
  link: linkField,
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
  title: ({ link: name, how }) =>
    `${how === "link-down" ? "Take the link down" : "Pull the endpoint's power"}${name === undefined ? "" : `: ${name}`}`,
  commands: (params, plan) => [...workCommands(params), awaitRemoval(plan, params.link)],
  run: (params, context): Promise<LinkLoss> => {
    const { lab, plan } = context;
    const { link: name, how } = params;
    const lose = () =>
      how === "endpoint-dies"
        ? lab.cutPower(linkOf(plan.topology, name).endpoint)
        : lab.link(name).drop();
    return interrupting(params, context, (since) => hostLoses(context, since, lose, name));
  },
  failure: workFailure,
  measures: lossMeasures,
  offers: lossOffers,
});
