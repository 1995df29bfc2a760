// SPDX-License-Identifier: MIT
//
// Steps named `edma-128.bare` and `edma-1500.bare`, or variants named `channels-1` and `channels-2`, measure the same at several
// values of a parameter: the number at the name's end.
import type { Metric, RunResult } from "../../result.ts";
import type { Chart, Point } from "../parts/chart.ts";
import { prefixesOf, prefixTitle, split } from "./prefixes.ts";

/** Counts are left to the table. */
const drawnUnits = ["Gb/s", "B/s", "s", "ms"];

interface Value {
  readonly metric: Metric;
  /** The quantity, which has a chart, and what has a curve in it. */
  readonly quantity: string;
  readonly curve: string;
  readonly at: number;
}

/** A chart for each quantity that was measured at two values of a parameter or more. */
export function sweepCharts(result: RunResult): Chart[] {
  const drawn = result.metrics.filter(({ unit }) => drawnUnits.includes(unit));
  const values = drawn.flatMap((metric) => sweptValue(metric, result) ?? []);
  const charts = [...Map.groupBy(values, ({ quantity }) => quantity)];
  return charts.flatMap(([title, same]) => chartOf(title, same) ?? []);
}

function sweptValue(metric: Metric, result: RunResult): Value | undefined {
  const { variant } = metric;
  const { prefix, rest } = split(metric.name, variant, prefixesOf(result, variant));
  const byPrefix = numbered(prefix);
  if (byPrefix) {
    const quantity = variant === undefined ? rest : `${variant}: ${rest}`;
    return { metric, quantity, curve: prefixTitle(byPrefix.name), at: byPrefix.at };
  }
  const byVariant = numbered(variant ?? "");
  if (!byVariant) return undefined;
  const quantity = `${rest} by ${byVariant.name}`;
  return { metric, quantity, curve: prefixTitle(prefix), at: byVariant.at };
}

function numbered(name: string): { readonly name: string; readonly at: number } | undefined {
  const [, stem, at] = /^(.+)-(\d+)$/.exec(name) ?? [];
  return stem === undefined ? undefined : { name: stem, at: Number(at) };
}

function chartOf(title: string, values: readonly Value[]): Chart | undefined {
  const ats = [...new Set(values.map(({ at }) => at))].sort((a, b) => a - b);
  const [first] = values;
  if (!first || ats.length < 2) return undefined;
  const curves = [...Map.groupBy(values, ({ curve }) => curve)].map(([label, same]) => ({
    label,
    points: same
      .map(({ at, metric }): Point => [ats.indexOf(at), metric.median])
      .sort(([a], [b]) => a - b),
  }));
  return { title, unit: first.metric.unit, x: ats.map(String), curves, draw: "curve" };
}
