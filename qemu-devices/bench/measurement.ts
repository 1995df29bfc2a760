// SPDX-License-Identifier: MIT
import { median, quantile } from "./statistics.ts";

/** One thing measured several times. */
export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly number[];
  /** The median is to be at least this. */
  readonly target?: number;
  /** Show the 99th percentile: the samples are many. */
  readonly tail?: boolean;
  /** Why there is no target this time. */
  readonly note?: string;
}

export function meetsTarget({ samples, target }: Measurement): boolean {
  return target === undefined || median(samples) >= target;
}

/** A table for people: median, smallest, largest and, where there are many samples, the 99th percentile. */
export function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map((measurement) => {
    const { name, unit, samples, target, tail, note } = measurement;
    const verdict =
      target === undefined
        ? (note ?? "")
        : `${meetsTarget(measurement) ? "reaches" : "MISSES"} ${number(target)}`;
    return [
      name,
      unit,
      number(median(samples)),
      number(Math.min(...samples)),
      number(Math.max(...samples)),
      tail ? number(quantile(samples, 0.99)) : "",
      `${samples.length}`,
      verdict,
    ];
  });
  const head = ["", "unit", "median", "min", "max", "p99", "samples", "target"];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column >= 2 && column <= 6
            ? cell.padStart(widths[column] ?? 0)
            : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
