// SPDX-License-Identifier: MIT
import { measurementsOf } from "../../checks/metrics.ts";
import type { Series } from "../../report/result.ts";
import type { Bookkeeping } from "./bookkeeping.ts";

type Source = Pick<Bookkeeping, "evidence" | "steps"> & {
  readonly journal: Pick<Bookkeeping["journal"], "clock">;
};

/** What steps measured over the time of the run, under the names of their metrics. */
export function measuredSeries({ evidence, steps, journal }: Source): Series[] {
  const all = new Map<string, Series>();
  for (const [index, item] of evidence.entries()) {
    // Evidence comes in the order of the steps, one each.
    const { startMs, durationMs } = steps[index] ?? {};
    const time = {
      startMs: startMs ?? 0,
      durationMs: durationMs ?? 0,
      clock: (at: number) => journal.clock(at),
    };
    for (const { name, unit, points } of measurementsOf(item)) {
      const found = points?.(time) ?? [];
      if (found.length === 0) continue;
      const series = all.get(name) ?? { name, unit, points: [] };
      series.points.push(...found);
      all.set(name, series);
    }
  }
  return [...all.values()];
}
