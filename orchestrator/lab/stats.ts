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
  /** Nanoseconds at work, by the clock of the machine that QEMU runs on. */
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
  register_reads: count,
  register_writes: count,
  faults: count,
});

export type ControllerStats = z.output<typeof controllerStats>;
export type ChannelStats = z.output<typeof channel>;

/** What the counters grew by. Both snapshots must be of the same controller. */
export function statsSince(before: ControllerStats, after: ControllerStats): ControllerStats {
  return controllerStats.parse(minus(after, before));
}

function minus(after: unknown, before: unknown): unknown {
  if (typeof after === "number") return after - (typeof before === "number" ? before : 0);
  if (Array.isArray(after)) {
    return after.map((value, index) => minus(value, Array.isArray(before) ? before[index] : 0));
  }
  if (typeof after === "object" && after !== null) {
    return Object.fromEntries(
      Object.entries(after).map(([key, value]) => {
        const old: unknown =
          typeof before === "object" && before !== null ? Reflect.get(before, key) : 0;
        return [key, minus(value, old)];
      }),
    );
  }
  return after;
}

/** The sum of one counter over all channels of a direction. */
export function total(channels: readonly ChannelStats[], counter: keyof ChannelStats): number {
  return channels.reduce((sum, stats) => sum + stats[counter], 0);
}
