// SPDX-License-Identifier: MIT
import * as z from "zod";

const count = z.number().int().min(0);

const channel = z.object({
  doorbells: count,
  transfers: count,
  elements: count,
  bytes: count,
  notifications: count,
  aborts: count,
  /** Nanoseconds at work, by virtual time or else by the clock of the machine that QEMU runs on. */
  busy_ns: count.default(0),
});

/** The controller's counters, as the QOM property `stats` of the endpoint's device gives them. */
export const controllerStats = z.object({
  write: z.array(channel),
  read: z.array(channel),
  msi: count,
  msix: count,
  intx: count,
  imwr: count,
  doorbells: count,
  doorbells_lost: count,
  iatu_writes: count,
  bar_changes: count,
  register_reads: count,
  register_writes: count,
  /** With virtual time alone: all accesses of the host's CPU to BARs. */
  bar_reads: count.optional(),
  bar_writes: count.optional(),
  faults: count,
});

export type ControllerStats = z.output<typeof controllerStats>;
/** What the controllers counted, each by the name of its link. */
export type ControllersStats = Readonly<Record<string, ControllerStats>>;
export type ChannelStats = z.output<typeof channel>;

/** What the counters grew by. Both snapshots must be of the same controller. */
export function statsSince(before: ControllerStats, after: ControllerStats): ControllerStats {
  return controllerStats.parse(combined(after, before, (now, then) => now - then));
}

/** What two controllers, one after the other, have counted together. */
export function statsSum(one: ControllerStats, other: ControllerStats): ControllerStats {
  return controllerStats.parse(combined(one, other, (a, b) => a + b));
}

/** Whether the controller cannot be the one of the earlier snapshot: a counter has gone back. */
export function isAnother(before: ControllerStats, after: ControllerStats): boolean {
  let back = false;
  combined(after, before, (now, then) => {
    back ||= now < then;
    return now;
  });
  return back;
}

/** Two snapshots, counter by counter. What only the first one has stands beside a zero. */
function combined(
  one: unknown,
  other: unknown,
  count: (one: number, other: number) => number,
): unknown {
  if (typeof one === "number") return count(one, typeof other === "number" ? other : 0);
  if (typeof one !== "object" || one === null) return one;
  const at = (key: string): unknown =>
    typeof other === "object" && other !== null ? Reflect.get(other, key) : undefined;
  const entries = Object.entries(one).map(
    ([key, value]) => [key, combined(value, at(key), count)] as const,
  );
  return Array.isArray(one) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

/** The same for all controllers that were asked both times. */
export function controllersSince(
  before: ControllersStats,
  after: ControllersStats,
): ControllersStats {
  const grown = Object.entries(after).flatMap(([link, now]) => {
    const then = before[link];
    return then ? [[link, statsSince(then, now)] as const] : [];
  });
  return Object.fromEntries(grown);
}

/** The sum of one counter over all channels of a direction. */
export function total(channels: readonly ChannelStats[], counter: keyof ChannelStats): number {
  return channels.reduce((sum, stats) => sum + stats[counter], 0);
}
