// SPDX-License-Identifier: MIT
import type { ControllerStats } from "../lab/stats.ts";
import type { Sampled } from "./measure.ts";

/** What goes over the link beside payload: accesses to the engine's registers, doorbells, messages to the host. */
const traffic: Readonly<Record<string, (stats: ControllerStats) => number>> = {
  register_reads: (stats) => stats.register_reads,
  register_writes: (stats) => stats.register_writes,
  doorbells: (stats) => stats.doorbells,
  messages: (stats) => stats.msi + stats.msix + stats.imwr,
};

/** The metrics of this kind have the traffic's name where this stands. */
export const trafficWord = "<traffic>";

export const aboutTraffic =
  "`<traffic>` is `register_reads`, `register_writes` (of the engine, by the host), `doorbells` or `messages` (MSI, MSI-X and the engine's own)";

/** Each kind of traffic, divided by how often what it was for has happened. */
export function trafficPer(
  times: number,
  stats: ControllerStats,
  ...which: readonly string[]
): Sampled[] {
  return Object.entries(traffic).map(([name, count]) => ({
    which: [name, ...which],
    values: [count(stats) / times],
  }));
}
