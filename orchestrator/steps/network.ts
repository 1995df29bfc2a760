// SPDX-License-Identifier: MIT
import * as z from "zod";
import { directAddresses, directEnds } from "../scenario/topology/direct-network.ts";
import {
  endOf,
  farEnd,
  joinedTo,
  type LinkEnds,
  linkOf,
  type MachineName,
  type Role,
  roles,
  wayBetween,
} from "../scenario/topology/graph.ts";
import { graphFields } from "../scenario/topology/graph-names.ts";
import type { Topology } from "../scenario/topology/topology.ts";

/** How the two ends of a link reach each other over a network. */
export interface Network {
  /** Name that both guests give the interface. */
  readonly interface: string;
  readonly addresses: Readonly<Record<Role, string>>;
}

export const prefixLength = 30;

type Graph = Pick<Topology, "links" | "machines">;

/** One end of ntb_netdev's network: a machine, and its link. */
export interface NetworkEnd {
  readonly machine: MachineName;
  readonly link: LinkEnds;
}

/** The ends of ntb_netdev's network over a link: the link's own, or both hosts where its endpoint joins them. */
export function ntbEnds(graph: Graph, link: LinkEnds): Readonly<Record<Role, NetworkEnd>> {
  const other = joinedTo(graph, link);
  if (!other) {
    return { host: { machine: link.host, link }, endpoint: { machine: link.endpoint, link } };
  }
  const [first = link, second = other] = graph.links.filter(
    ({ name }) => name === link.name || name === other.name,
  );
  return {
    host: { machine: first.host, link: first },
    endpoint: { machine: second.host, link: second },
  };
}

/**
 * ntb_netdev's network over a link: each has an interface and addresses of its own, apart from the control network's 10.0.2.0/24. Two links
 * whose endpoint joins them have one.
 */
export function ntbNetwork(graph: Graph, link: LinkEnds): Network {
  const { name } = ntbEnds(graph, link).host.link;
  const place = graph.links.findIndex((one) => one.name === name);
  const address = (end: number) => `192.168.77.${place * 4 + end}`;
  return {
    interface: `ntb${place}`,
    addresses: { host: address(1), endpoint: address(2) },
  };
}

/** As the guests' init calls the interface of the network beside the PCIe links that a topology may have. */
const directInterface = "direct0";

export const networkField = z
  .enum(["ntb", "direct"])
  .register(graphFields, { names: "network" })
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

/** The same in the names of metrics, which have no dashes; between two machines by their names. */
export function directionInMetrics(
  direction: Direction,
  between?: readonly MachineName[] | undefined,
): string {
  if (!between) return direction.replaceAll("-", "_");
  const [from, to] = direction === "host-to-endpoint" ? between : between.toReversed();
  return `${from}_to_${to}`.replaceAll("-", "_");
}

export const aboutDirection =
  "`<direction>` is `host_to_endpoint` or `endpoint_to_host`; with `between`, the machines' names stand there";

export function senderOf(direction: Direction): Role {
  return direction === "host-to-endpoint" ? "host" : "endpoint";
}

/** One of the links that traffic goes over. */
export interface Hop {
  readonly link: LinkEnds;
  /** Which way over this link goes what comes from the one that is the host of the traffic. */
  readonly forward: Direction;
}

/** Two machines between which traffic goes, as host and endpoint: of a link, or of several behind each other. */
export interface Traffic {
  readonly ends: Readonly<Record<Role, MachineName>>;
  readonly interfaces: Readonly<Record<Role, string>>;
  readonly addresses: Readonly<Record<Role, string>>;
  /** From the host to the endpoint. */
  readonly hops: readonly Hop[];
}

/** What fields of a step say of its traffic. */
export interface TrafficFields {
  readonly link?: string | undefined;
  readonly between?: readonly MachineName[] | undefined;
  readonly network?: z.output<typeof networkField>;
}

export function trafficOf(topology: Topology, fields: TrafficFields): Traffic {
  return fields.network === "direct"
    ? directTraffic(topology, fields)
    : ntbTraffic(topology, fields);
}

function directTraffic(topology: Topology, { between }: TrafficFields): Traffic {
  const ends = directEnds(topology);
  if (!ends) throw new Error("the topology has no direct network");
  const [from, to] = between?.[0] === ends[1] ? [ends[1], ends[0]] : ends;
  const address = (machine: MachineName) => directAddresses[machine === ends[0] ? 0 : 1];
  return {
    ends: { host: from, endpoint: to },
    interfaces: { host: directInterface, endpoint: directInterface },
    addresses: { host: address(from), endpoint: address(to) },
    hops: hopsOver(wayBetween(topology, from, to) ?? [], from),
  };
}

function ntbTraffic(topology: Graph, { link: name, between }: TrafficFields): Traffic {
  const only = linkOf(topology, between ? undefined : name);
  const { host, endpoint } = ntbEnds(topology, only);
  const [from = host.machine, to = endpoint.machine] = between ?? [];
  const links =
    between || host.link !== endpoint.link ? (wayBetween(topology, from, to) ?? []) : [only];
  const [first = only, last = only] = [links.at(0), links.at(-1)];
  const [here, there] = [first, last].map((link) => ntbNetwork(topology, link));
  if (!here || !there) throw new Error("unreachable: two ends");
  return {
    ends: { host: from, endpoint: to },
    interfaces: { host: here.interface, endpoint: there.interface },
    addresses: {
      host: here.addresses[roleOf(topology, first, from)],
      endpoint: there.addresses[roleOf(topology, last, to)],
    },
    hops: hopsOver(links, from),
  };
}

/** Links behind each other, which way each is gone from there. */
function hopsOver(links: readonly LinkEnds[], from: MachineName): Hop[] {
  let at = from;
  return links.map((link): Hop => {
    const forward = endOf(link, at) === "host" ? "host-to-endpoint" : "endpoint-to-host";
    at = farEnd(link, at);
    return { link, forward };
  });
}

/** Which end of ntb_netdev's network over a link a machine is. */
export function roleOf(graph: Graph, link: LinkEnds, machine: MachineName): Role {
  const ends = ntbEnds(graph, link);
  const role = roles.find((one) => ends[one].machine === machine);
  if (role) return role;
  throw new Error(
    `the machine "${machine}" is at neither end of the network over the link "${link.name}"`,
  );
}

export function opposite(direction: Direction): Direction {
  return direction === "host-to-endpoint" ? "endpoint-to-host" : "host-to-endpoint";
}

/** For titles: over which link, or between which machines, where that is said. */
export function overWhich({ link, between }: TrafficFields): string {
  if (between) return ` between ${between.join(" and ")}`;
  return link === undefined ? "" : ` over the link ${link}`;
}

/** For titles: of which link something is, where there are several. */
export function ofLinkNamed(name: string | undefined): string {
  return name === undefined ? "" : ` of the link ${name}`;
}

/** For titles: ntb_netdev's interface of a link, that of the only one by its name in the guests. */
export function interfaceNamed(link: string | undefined): string {
  return link === undefined ? "ntb0" : `the interface of the link ${link}`;
}
