// SPDX-License-Identifier: MIT
import * as z from "zod";
import { functionName } from "../scenario/function.ts";
import { functionOf, type VariantPlan } from "../scenario/plan.ts";
import { linkOf, linksNamed } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { directoryOf, portsOf, removeScript } from "./function-script.ts";
import { ofLinkNamed } from "./network.ts";
import { defineStep, type GuestCommand, inGuest } from "./step-kind.ts";

const schema = z.strictObject({
  link: linkField,
  function: functionName.describe("One of the scenario's `functions`; without it, `function`."),
  until: z
    .enum(["stopped", "unbound", "removed"])
    .default("removed")
    .describe(
      "How far: the controller `stopped`, the function `unbound` from it, or `removed` from configfs.",
    ),
});

function command(params: z.output<typeof schema>, plan: VariantPlan): GuestCommand {
  const { function: name, until } = params;
  const fn = functionOf(plan, name);
  const link = linkOf(plan.topology, params.link);
  const ports = portsOf(plan.topology, link);
  const script = removeScript(fn, directoryOf(name), { until, ports });
  return { on: link.endpoint, what: "taking the endpoint function apart", script };
}

const untilTitle = { stopped: "Stop", unbound: "Unbind", removed: "Remove" } as const;

export const removeFunction = defineStep({
  kind: "remove-function",
  summary:
    "stops the controller, takes an endpoint function off it and out of configfs, or a part of this",
  schema,
  limitMs: () => 15_000,
  title: ({ function: name, link, until }) =>
    `${untilTitle[until]} the endpoint function${name === undefined ? "" : ` "${name}"`}${ofLinkNamed(link)}`,
  functions: ({ function: name }) => [name],
  moves: ({ link, until }, topology) =>
    until === "stopped"
      ? []
      : linksNamed(topology, link).map(({ endpoint }) => ({ machine: endpoint })),
  commands: (params, plan) => [command(params, plan)],
  run: async (params, context): Promise<Record<string, never>> => {
    await inGuest(context, command(params, context.plan));
    return {};
  },
});
