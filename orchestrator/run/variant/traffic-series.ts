// SPDX-License-Identifier: MIT
import { metricsOf } from "../../checks/metrics.ts";
import type { Series } from "../../report/result.ts";
import type { Direction } from "../../steps/network.ts";
import type { Evidence } from "../../steps/registry.ts";
import type { Bookkeeping } from "./bookkeeping.ts";

type Points = Series["points"];
type Source = Pick<Bookkeeping, "evidence" | "steps"> & {
  readonly journal: Pick<Bookkeeping["journal"], "clock">;
};

/** Throughput and round-trip times over the time of the run, under the names of their metrics. */
export function trafficSeries(book: Source): Series[] {
  const all = new Map<string, Series>();
  for (const [index, item] of book.evidence.entries()) {
    for (const { name, unit } of metricsOf([item])) {
      const points = pointsOf(item, name, book, index);
      if (points.length === 0) continue;
      const series = all.get(name) ?? { name, unit, points: [] };
      series.points.push(...points);
      all.set(name, series);
    }
  }
  return [...all.values()];
}

function pointsOf(item: Evidence, name: string, book: Source, index: number): Points {
  if (item.kind === "iperf3") {
    const direction = directionOf(name);
    return direction ? steps(item.data.samples[direction], (at) => book.journal.clock(at)) : [];
  }
  if (item.kind === "ping" && name.endsWith("rtt")) {
    // Evidence comes in the order of the steps, one each.
    const { startMs, durationMs } = book.steps[index] ?? {};
    const { rtt } = item.data;
    return rtt.map((ms, place): Points[number] => [
      (startMs ?? 0) + ((place + 0.5) * (durationMs ?? 0)) / rtt.length,
      ms,
    ]);
  }
  return [];
}

function directionOf(name: string): Direction | undefined {
  if (name.endsWith("throughput.host_to_endpoint")) return "host-to-endpoint";
  if (name.endsWith("throughput.endpoint_to_host")) return "endpoint-to-host";
  return undefined;
}

type Samples = Extract<Evidence, { kind: "iperf3" }>["data"]["samples"][Direction];

/** Flat while an interval lasts, and nothing between two runs. */
function steps(samples: Samples, clock: (at: number) => number): Points {
  return samples.flatMap(({ beganAt, intervals }): Points => {
    const at = (seconds: number) => clock(beganAt) + seconds * 1000;
    const last = intervals.at(-1);
    if (!last) return [];
    return [
      [at(0), 0],
      ...intervals.flatMap(
        ({ start, end, gigabits }): Points => [
          [at(start), gigabits],
          [at(end), gigabits],
        ],
      ),
      [at(last.end), 0],
    ];
  });
}
