// SPDX-License-Identifier: MIT

import { join } from "node:path";
import type { MachineName } from "../scenario/topology/graph.ts";
import { directPcap, traceFile } from "./run-files.ts";

/** How a person wants to look into the VMs. */
export interface Inspection {
  /** The VMs stay up after the run, and so does a guest whose kernel has panicked. */
  readonly keep: boolean;
  /** This VM waits for gdb before its first instruction. */
  readonly gdb?: MachineName;
  /** The devices' trace events go to a file: those that match one of these patterns. */
  readonly trace?: readonly string[];
  /** Packets of the guests' networks go to files. */
  readonly pcap?: boolean;
}

export const noInspection: Inspection = { keep: false };

/** Sockets by which a person looks into one VM. */
export function inspectionSockets(machine: MachineName, directory: string) {
  return { monitor: join(directory, `${machine}.monitor`), gdb: join(directory, `${machine}.gdb`) };
}

/** Where QEMU finds what it needs for being looked into. */
interface Places {
  /** For sockets. */
  readonly directory: string;
  /** For files. */
  readonly out: string;
  /** Both ends of the cable have the same packets: one of them writes them. */
  readonly writesDirect: boolean;
}

/** What QEMU is told besides, so that a person can look in. */
export function inspectionArguments(
  machine: MachineName,
  { keep, gdb, trace = [], pcap }: Inspection,
  { directory, out, writesDirect }: Places,
): string[] {
  const sockets = inspectionSockets(machine, directory);
  const monitor = [
    ...["-chardev", `socket,id=monitor,path=${sockets.monitor},server=on,wait=off`],
    ...["-mon", "chardev=monitor,mode=readline"],
  ];
  const dump = `filter-dump,id=dump,netdev=direct,file=${directPcap(out)}`;
  return [
    ...(keep ? monitor : []),
    ...(gdb === machine ? ["-S", "-gdb", `unix:${sockets.gdb},server=on,wait=off`] : []),
    // Which events there are QEMU learns later, see trace.ts.
    ...(trace.length > 0 ? ["-D", traceFile(machine, out), "-msg", "timestamp=on"] : []),
    ...(pcap && writesDirect ? ["-object", dump] : []),
  ];
}

/** How messages travel, and each access that does: most of a trace, and nothing that the events of registers do not tell. */
const chatter = [
  ...["dwc_link_send", "dwc_link_receive", "dwc_inbound_translate"],
  ...["dwc_function_read", "dwc_function_write", "dwc_function_mem_*"],
];

/** What --trace has without --trace-events. */
export const usualTrace = ["dwc_*", ...chatter.map((event) => `!${event}`)];

/** What a guest's kernel is told besides. A panic ends QEMU, unless a person wants to look at what is left. */
export function inspectionKernelArguments(
  machine: MachineName,
  { keep, gdb }: Inspection,
): string[] {
  // Symbols are of no use to gdb in a kernel that has moved to a random address.
  return [
    keep || gdb === machine ? "panic=0" : "panic=-1",
    ...(gdb === machine ? ["nokaslr"] : []),
  ];
}
