// SPDX-License-Identifier: MIT
import { join } from "node:path";
import {
  type LinkEnds,
  linksAt,
  type MachineName,
  machineOf,
  otherEnd,
} from "../scenario/topology/graph.ts";
import type { Topology } from "../scenario/topology/topology.ts";

/** What QEMU loads into one VM. */
export interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
}

/** Where the endpoint of a link listens for its other end. */
export function linkSocket({ name }: LinkEnds, directory: string): string {
  return join(directory, name === "" ? "link" : `link-${name}`);
}

/** Where the files and sockets of one of a lab's VMs are. */
export function vmPaths(
  topology: Topology,
  machine: MachineName,
  boot: BootFiles,
  directory: string,
) {
  const direct = { endpoint: join(directory, "direct-e"), host: join(directory, "direct-h") };
  const { role } = machineOf(topology, machine);
  return {
    ...boot,
    links: linksAt(topology, machine).map((link) => linkSocket(link, directory)),
    qmp: join(directory, `${machine}.qmp`),
    ...(topology.time === "virtual" ? { commands: join(directory, `${machine}.commands`) } : {}),
    direct: { own: direct[role], peer: direct[otherEnd[role]] },
  };
}
