// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { LinkEnds, Role } from "../scenario/graph.ts";
import type { Topology } from "../scenario/schema.ts";

/** How the two ends of a link reach each other over a network. */
export interface Network {
  /** Name that both guests give the interface. */
  readonly interface: string;
  readonly addresses: Readonly<Record<Role, string>>;
}

export const prefixLength = 30;

/** ntb_netdev's network over a link: each has an interface and addresses of its own, apart from the control network's 10.0.2.0/24. */
export function ntbNetwork({ links }: Pick<Topology, "links">, { name }: LinkEnds): Network {
  const place = links.findIndex((link) => link.name === name);
  const address = (end: number) => `192.168.77.${place * 4 + end}`;
  return {
    interface: `ntb${place}`,
    addresses: { host: address(1), endpoint: address(2) },
  };
}

/** The network beside the PCIe link that a topology may have, as the guests' init sets it up. */
const directNetwork: Network = {
  interface: "direct0",
  addresses: { host: "192.168.78.1", endpoint: "192.168.78.2" },
};

const networkNames = ["ntb", "direct"] as const;

export function networkOf(
  topology: Pick<Topology, "links">,
  link: LinkEnds,
  name: (typeof networkNames)[number],
): Network {
  return name === "ntb" ? ntbNetwork(topology, link) : directNetwork;
}

export const networkField = z
  .enum(networkNames)
  .default("ntb")
  .describe("The network that it goes over: ntb_netdev's, or the topology's `direct-network`.");

/** Which way traffic goes, in the words of scenarios. */
export const directions = ["host-to-endpoint", "endpoint-to-host"] as const;
export type Direction = (typeof directions)[number];

export const directionsField = z
  .array(z.enum(directions))
  .min(1)
  .default([...directions])
  .describe("The directions, in this order.");

/** The same in the names of metrics, which have no dashes. */
export function directionInMetrics(direction: Direction): string {
  return direction.replaceAll("-", "_");
}

export const aboutDirection = "`<direction>` is `host_to_endpoint` or `endpoint_to_host`";

export function senderOf(direction: Direction): Role {
  return direction === "host-to-endpoint" ? "host" : "endpoint";
}

/** For titles: of which link something is, where there are several. */
export function ofLinkNamed(name: string | undefined): string {
  return name === undefined ? "" : ` of the link ${name}`;
}

/** For titles: ntb_netdev's interface of a link, that of the only one by its name in the guests. */
export function interfaceNamed(link: string | undefined): string {
  return link === undefined ? "ntb0" : `the interface of the link ${link}`;
}
