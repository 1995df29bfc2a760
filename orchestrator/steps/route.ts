// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { VariantPlan } from "../scenario/plan.ts";
import { type LinkEnds, type MachineName, otherEnd } from "../scenario/topology/graph.ts";
import { betweenField } from "../scenario/topology/graph-names.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import { ntbEnds, ntbNetwork, prefixLength, roleOf, trafficOf } from "./network.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";

const schema = z.strictObject({ between: betweenField.unwrap() });

/** The links of a way, one for each of ntb_netdev's networks: two that an endpoint joins have one. */
function networksOf(topology: Topology, links: readonly LinkEnds[]): LinkEnds[] {
  const own = links.map((link) => ntbEnds(topology, link).host.link);
  return own.filter((link, place) => link.name !== own[place - 1]?.name);
}

/** How a machine comes by `through`, one of its links, to the network of `to`. */
function towards(topology: Topology, machine: MachineName, through: LinkEnds, to: LinkEnds) {
  const { interface: device, addresses } = ntbNetwork(topology, through);
  const next = addresses[otherEnd[roleOf(topology, through, machine)]];
  // The first address of a network of four is its own.
  const { host } = ntbNetwork(topology, to).addresses;
  const network = host.replace(/\d+$/, (last) => String(Number(last) - 1));
  return `ip route replace ${network}/${prefixLength} via ${next} dev ${device}`;
}

/** What each machine on the way is told, in their order. */
function commands({ between }: z.output<typeof schema>, { topology }: VariantPlan): GuestCommand[] {
  const { ends, hops } = trafficOf(topology, { between });
  const links = networksOf(
    topology,
    hops.map(({ link }) => link),
  );
  const [first, last] = [links.at(0), links.at(-1)];
  if (!first || !last) throw new Error("unreachable: a way has a link");
  let at = ends.host;
  const next = (link: LinkEnds) =>
    (at = ntbEnds(topology, link)[otherEnd[roleOf(topology, link, at)]].machine);
  const machines = [at, ...links.map(next)];
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
