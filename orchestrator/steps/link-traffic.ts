// SPDX-License-Identifier: MIT
import type { ControllerStats } from "../lab/stats.ts";
import type { Sampled } from "./measure.ts";

/**
 * What goes over the link beside payload: accesses to the engine's registers, doorbells, messages to the host, and with virtual time
 * all that the host's CPU reads and writes.
 */
const traffic: Readonly<Record<string, (stats: ControllerStats) => number | undefined>> = {
  register_reads: (stats) => stats.register_reads,
  register_writes: (stats) => stats.register_writes,
  doorbells: (stats) => stats.doorbells,
  messages: (stats) => stats.msi + stats.msix + stats.imwr,
  reads: (stats) => stats.bar_reads,
  writes: (stats) => stats.bar_writes,
};

/** The metrics of this kind have the traffic's name where this stands. */
export const trafficWord = "<traffic>";

export const aboutTraffic =
  "`<traffic>` is `register_reads`, `register_writes` (of the engine, by the host), `doorbells`, `messages` (MSI, MSI-X and the engine's own), and with virtual time `reads` and `writes` (by the host's CPU, of whatever is behind a BAR)";

/** Each kind of traffic, divided by how often what it was for has happened. */
export function trafficPer(
  times: number,
  stats: ControllerStats,
  ...which: readonly string[]
): Sampled[] {
  return Object.entries(traffic).flatMap(([name, count]) => {
    const counted = count(stats);
    return counted === undefined ? [] : [{ which: [name, ...which], values: [counted / times] }];
  });
}
