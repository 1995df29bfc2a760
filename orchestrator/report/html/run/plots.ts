// SPDX-License-Identifier: MIT
import { bootedStretch, type Stretch } from "../../boot.ts";
import type { RunResult, Series } from "../../result.ts";
import { clockText } from "../../summary.ts";
import { type Band, type Chart, type Curve, type Point, plots } from "../parts/chart.ts";
import { html } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { prefixesOf, prefixTitle, split } from "./prefixes.ts";
import { sweepCharts } from "./sweeps.ts";

/** Quantities over what was swept, then over the time from boot on, then the samples of those that have no times. */
export function plotsSection(result: RunResult): Section[] {
  const overTime = timedCharts(result);
  const charts = [...sweepCharts(result), ...overTime, ...sampleCharts(result)];
  if (charts.length === 0) return [];
  const note =
    overTime.length > 0 &&
    html`<p class="dim">What goes over time: seconds since boot, ${clockText(result)}; every other step is shaded. Drag along a plot to look closer, double-click to see the whole.</p>`;
  return [{ id: "plots", title: "Plots", body: [note, plots(charts)] }];
}

/** A chart for each quantity of a variant; what was measured of several things has a curve for each. */
function timedCharts(result: RunResult): Chart[] {
  const { series = [] } = result;
  return [...Map.groupBy(series, ({ variant }) => variant)].flatMap(([variant, mine]) => {
    const stretch = bootedStretch(result, variant) ?? { from: 0, to: result.durationMs };
    const bands = bandsOf(result, variant, stretch);
    return grouped(changing(mine), variant, prefixesOf(result, variant)).map(
      ({ title, unit, same }): Chart => ({
        title,
        unit: same[0]?.one.cumulative ? `${unit === "1" ? "" : unit}/s` : unit,
        x: { from: 0, to: (stretch.to - stretch.from) / 1000 },
        curves: same.map(({ one, prefix }) => curveOf(one, prefixTitle(prefix), stretch)),
        ...{ draw: "curve", bands, group: variant ?? "run" },
      }),
    );
  });
}

/** A quantity that never changed has nothing to show. */
function changing(series: readonly Series[]): Series[] {
  return series.filter(
    ({ points }) => points.length > 1 && points.some(([, value]) => value !== points[0]?.[1]),
  );
}

function curveOf(one: Series, label: string, { from }: Stretch): Curve {
  const points = one.cumulative ? rates(one.points) : one.points;
  return { label, points: points.map(([ms, value]): Point => [(ms - from) / 1000, value]) };
}

/** The steps in their order: the page shades every other one. */
function bandsOf({ steps }: RunResult, variant: string | undefined, { from }: Stretch): Band[] {
  return steps
    .filter((step) => step.startMs !== null && step.variant === variant)
    .map(({ title, startMs, durationMs }) => ({
      from: ((startMs ?? 0) - from) / 1000,
      to: ((startMs ?? 0) + (durationMs ?? 0) - from) / 1000,
      title,
    }));
}

function sampleCharts(result: RunResult): Chart[] {
  const { series = [], metrics } = result;
  const drawn = new Set(series.map(({ name }) => name));
  const left = metrics.filter(({ name, samples }) => samples.length > 1 && !drawn.has(name));
  return [...Map.groupBy(left, ({ variant }) => variant)].flatMap(([variant, mine]) =>
    grouped(mine, variant, prefixesOf(result, variant)).map(({ title, unit, same }): Chart => {
      const most = Math.max(...same.map(({ one }) => one.samples.length));
      return {
        ...{ title, unit, draw: "dots" },
        x: Array.from({ length: most }, (_, index) => `sample ${index + 1}`),
        curves: same.map(({ one, prefix }) => ({
          label: prefixTitle(prefix),
          points: one.samples.map((value, index): Point => [index, value]),
        })),
      };
    }),
  );
}

interface Named {
  readonly name: string;
  readonly unit: string;
}

/** What measures the same of several things, under one title. */
function grouped<Item extends Named>(
  items: readonly Item[],
  variant: string | undefined,
  prefixes: readonly string[],
) {
  const named = items.map((one) => ({ one, ...split(one.name, variant, prefixes) }));
  const groups = Map.groupBy(named, ({ rest, one }) => `${rest} ${one.unit}`);
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const { prefix, rest, one } = first;
    const own = same.length === 1 && prefix !== "" ? `${prefix}.${rest}` : rest;
    const title = variant === undefined ? own : `${variant}: ${own}`;
    return [{ title, unit: one.unit, same }];
  });
}

/** How fast a counter grew between two readings, each at the later one's time. */
export function rates(points: Series["points"]): Series["points"] {
  return points.slice(1).flatMap(([at, value], index): Series["points"] => {
    const [before, old] = points[index] ?? [at, value];
    // A controller that was reset counts from 0 again.
    return at > before ? [[at, Math.max(0, ((value - old) * 1000) / (at - before))]] : [];
  });
}
