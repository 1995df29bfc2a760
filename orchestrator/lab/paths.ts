// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { directEnds } from "../scenario/topology/direct-network.ts";
import { type LinkEnds, linksAt, type MachineName } from "../scenario/topology/graph.ts";
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

/** Of one end of the direct network. */
function directSockets(end: 0 | 1, directory: string) {
  const socketOf = (one: number) => join(directory, `direct-${one}`);
  return { own: socketOf(end), peer: socketOf(1 - end), end };
}

/** Where the files and sockets of one of a lab's VMs are. */
export function vmPaths(
  topology: Topology,
  machine: MachineName,
  boot: BootFiles,
  directory: string,
) {
  const end = directEnds(topology)?.indexOf(machine);
  return {
    ...boot,
    links: linksAt(topology, machine).map((link) => linkSocket(link, directory)),
    qmp: join(directory, `${machine}.qmp`),
    ...(topology.time === "virtual" ? { commands: join(directory, `${machine}.commands`) } : {}),
    ...(end === 0 || end === 1 ? { direct: directSockets(end, directory) } : {}),
  };
}
