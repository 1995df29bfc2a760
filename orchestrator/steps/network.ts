// SPDX-License-Identifier: MIT
import type { Role } from "../lab/arguments.ts";

/** Name that both guests give the network interface of ntb_netdev. */
export const ntbInterface = "ntb0";

/** The NTB network's addresses, apart from the control network's 10.0.2.0/24. */
export const addresses: Readonly<Record<Role, string>> = {
  host: "192.168.77.1",
  endpoint: "192.168.77.2",
};

export const prefixLength = 30;

/** Which way traffic goes, in the words of scenarios. */
export const directions = ["host-to-endpoint", "endpoint-to-host"] as const;
export type Direction = (typeof directions)[number];

export function senderOf(direction: Direction): Role {
  return direction === "host-to-endpoint" ? "host" : "endpoint";
}

export function peerOf(role: Role): Role {
  return role === "host" ? "endpoint" : "host";
}
