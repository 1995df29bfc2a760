// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { Role } from "../lab/role.ts";

/** Name that both guests give the network interface of ntb_netdev. */
export const ntbInterface = "ntb0";

/** The NTB network's addresses, apart from the control network's 10.0.2.0/24. */
export const addresses: Readonly<Record<Role, string>> = {
  host: "192.168.77.1",
  endpoint: "192.168.77.2",
};

export const prefixLength = 30;

/**
 * The networks between the guests that traffic can take: ntb_netdev's, and the direct one that a topology may have,
 * by the interface and the addresses that the guests' init gives it.
 */
export const networks = {
  ntb: { interface: ntbInterface, addresses },
  direct: {
    interface: "direct0",
    addresses: { host: "192.168.78.1", endpoint: "192.168.78.2" },
  },
} as const satisfies Record<
  string,
  { interface: string; addresses: Readonly<Record<Role, string>> }
>;

const networkNames = ["ntb", "direct"] as const satisfies (keyof typeof networks)[];

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

export function peerOf(role: Role): Role {
  return role === "host" ? "endpoint" : "host";
}
