// SPDX-License-Identifier: MIT
import type { RunResult, Series } from "../result.ts";
import { figure } from "../summary.ts";
import { type Chart, chart, type Point } from "./chart.ts";
import { escapeHtml, table } from "./escape.ts";
import { section } from "./sections.ts";

/** Quantities over time, then the samples of those that have no times. */
export function plotsSection(result: RunResult): string {
  const { series = [], metrics } = result;
  const overTime = series
    .filter(
      ({ points }) => points.length > 1 && points.some(([, value]) => value !== points[0]?.[1]),
    )
    .map((one) => timed(one, result));
  const drawn = new Set(series.map(({ name }) => name));
  const samples = metrics
    .filter((metric) => metric.samples.length > 1 && !drawn.has(metric.name))
    .map(
      ({ name, unit, samples: values }): Chart => ({
        title: name,
        unit,
        points: values.map((value, index): Point => [index + 0.5, value]),
        draw: "dots",
        xMost: values.length,
        xTicks: [{ x: values.length / 2, text: `${values.length} samples` }],
      }),
    );
  const charts = [...overTime, ...samples];
  if (charts.length === 0) return "";
  const note =
    overTime.length > 0
      ? '<p class="dim">Over the time of the run, in seconds; every other step is shaded.</p>'
      : "";
  return section(
    "plots",
    "Plots",
    `${note}<div class="plots">${charts.map(chart).join("\n")}</div>`,
  );
}

const ticksWanted = 4;

function timed(one: Series, result: RunResult): Chart {
  const { name, unit, cumulative, variant } = one;
  const points = cumulative ? rates(one.points) : one.points;
  const [xLeast, xMost] = span(result, variant);
  const bands = result.steps
    .filter((step) => step.startMs !== null && step.variant === variant)
    .filter((_, index) => index % 2 === 0)
    .map(({ title, startMs, durationMs }) => ({
      from: (startMs ?? 0) / 1000,
      to: ((startMs ?? 0) + (durationMs ?? 0)) / 1000,
      title,
    }));
  const apart = niceStep((xMost - xLeast) / ticksWanted);
  const first = Math.ceil(xLeast / apart);
  const xTicks = Array.from({ length: Math.floor(xMost / apart) - first + 1 }, (_, index) => ({
    x: (first + index) * apart,
    text: `${(first + index) * apart} s`,
  }));
  return {
    title: name,
    unit: cumulative ? `${unit === "1" ? "" : unit}/s` : unit,
    points: points.map(([ms, value]): Point => [ms / 1000, value]),
    draw: "curve",
    ...{ xLeast, xMost, xTicks, bands },
  };
}

/** When the run, or a variant of it, began and ended; in seconds from the start of the run. */
function span({ phases, durationMs }: RunResult, variant: string | undefined): [number, number] {
  const mine = phases.filter((phase) => variant !== undefined && phase.variant === variant);
  const begins = mine.flatMap(({ startMs }) => startMs ?? []);
  if (begins.length === 0) return [0, durationMs / 1000];
  const ends = mine.map((phase) => (phase.startMs ?? 0) + phase.durationMs);
  return [Math.min(...begins) / 1000, Math.max(...ends) / 1000];
}

/** How fast a counter grew between two readings, each at the later one's time. */
export function rates(points: Series["points"]): Series["points"] {
  return points.slice(1).flatMap(([at, value], index): Series["points"] => {
    const [before, old] = points[index] ?? [at, value];
    // A controller that was reset counts from 0 again.
    return at > before ? [[at, Math.max(0, ((value - old) * 1000) / (at - before))]] : [];
  });
}

function niceStep(seconds: number): number {
  return [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((step) => step >= seconds) ?? 3600;
}

export function metricsSection({ metrics }: RunResult): string {
  if (metrics.length === 0) return "";
  const rows = metrics.map(({ name, unit, samples, median }) => ({
    cells: [
      escapeHtml(name),
      `${figure(median)} ${escapeHtml(unit === "1" ? "" : unit)}`,
      samples.length === 1
        ? "1 sample"
        : `${samples.length} samples, ${figure(Math.min(...samples))} to ${figure(Math.max(...samples))}`,
    ],
  }));
  const columns = [
    { title: "Name" },
    { title: "Median", className: "number" },
    { title: "Samples" },
  ];
  return section("metrics", "Metrics", table(columns, rows));
}
