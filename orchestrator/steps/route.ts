// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { VariantPlan } from "../scenario/plan.ts";
import {
  endOf,
  farEnd,
  type LinkEnds,
  type MachineName,
  otherEnd,
} from "../scenario/topology/graph.ts";
import { betweenField } from "../scenario/topology/graph-names.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import { ntbNetwork, prefixLength, trafficOf } from "./network.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";

const schema = z.strictObject({ between: betweenField.unwrap() });

/** How a machine comes by `through`, one of its links, to the network of `to`. */
function towards(topology: Topology, machine: MachineName, through: LinkEnds, to: LinkEnds) {
  const { interface: device, addresses } = ntbNetwork(topology, through);
  const next = addresses[otherEnd[endOf(through, machine)]];
  // The first address of a network of four is its own.
  const { host } = ntbNetwork(topology, to).addresses;
  const network = host.replace(/\d+$/, (last) => String(Number(last) - 1));
  return `ip route replace ${network}/${prefixLength} via ${next} dev ${device}`;
}

/** What each machine on the way is told, in their order. */
function commands({ between }: z.output<typeof schema>, { topology }: VariantPlan): GuestCommand[] {
  const { ends, hops } = trafficOf(topology, { between });
  const links = hops.map(({ link }) => link);
  const [first, last] = [links.at(0), links.at(-1)];
  if (!first || !last) throw new Error("unreachable: a way has a link");
  let at = ends.host;
  const machines = [at, ...links.map((link) => (at = farEnd(link, at)))];
  return machines.map((on, place) => {
    const [back, ahead] = [links[place - 1], links[place]];
    const lines = [
      ...(back && ahead ? ["echo 1 > /proc/sys/net/ipv4/ip_forward"] : []),
      ...(ahead && ahead !== last ? [towards(topology, on, ahead, last)] : []),
      ...(back && back !== first ? [towards(topology, on, back, first)] : []),
    ];
    return { on, what: "routing between links", script: ["set -eu", ...lines].join("\n") };
  });
}

export const route = defineStep({
  kind: "route",
  summary: "lets traffic go between two machines that share no link: those in between forward it",
  schema,
  limitMs: () => 15_000,
  title: ({ between }) => `Route between ${between.join(" and ")}`,
  commands,
  run: async (params, context): Promise<Record<string, never>> => {
    await inGuests(context, commands(params, context.plan));
    return {};
  },
});
