// SPDX-License-Identifier: MIT
import {
  type Change,
  compareChecks,
  compareMetrics,
  type Digest,
  digestOf,
  isCount,
  type MetricChange,
  pooled,
} from "../compare.ts";
import type { RunResult } from "../result.ts";
import { duration, figure } from "../summary.ts";
import { type Chart, chart, type Point } from "./chart.ts";
import { badge, escapeHtml, table } from "./escape.ts";
import { section } from "./sections.ts";

/** What the run is compared with: one that a person named, or those before it in the history. Oldest first. */
export interface Comparison {
  readonly runs: readonly Digest[];
  readonly from: "named" | "history";
}

export function comparisonSection(result: RunResult, { runs, from }: Comparison): string {
  const last = runs.at(-1);
  if (!last) return "";
  const now = digestOf(result);
  const what =
    from === "named" || runs.length === 1
      ? `the run of ${last.started}`
      : `the ${runs.length} runs before it in the history`;
  const lead = `<p>Compared with ${escapeHtml(what)}; the last of them: ${badge(last.verdict)} in ${duration(last.durationMs)}.</p>`;
  const trend = trends(result, runs, now);
  return section(
    "comparison",
    "Comparison with earlier runs",
    [lead, checkTable(now, last), versionTable(now, last), metricTable(now, runs), trend].join(
      "\n",
    ),
  );
}

function checkTable(now: Digest, last: Digest): string {
  const changed = compareChecks(now, last);
  if (changed.length === 0) return "<p>Every check that both have ended as it did.</p>";
  const rows = changed.map(({ id, now: status, before }) => ({
    cells: [escapeHtml(id), badge(before), badge(status)],
  }));
  return table([{ title: "Check" }, { title: "Then" }, { title: "Now" }], rows, true);
}

function versionTable(now: Digest, last: Digest): string {
  const names = new Set([...Object.keys(now.versions), ...Object.keys(last.versions)]);
  const rows = [...names]
    .filter((name) => now.versions[name] !== last.versions[name])
    .map((name) => ({
      cells: [name, last.versions[name] ?? "", now.versions[name] ?? ""].map(escapeHtml),
    }));
  return rows.length === 0
    ? ""
    : table([{ title: "Version" }, { title: "Then" }, { title: "Now" }], rows, true);
}

const words: Record<Change, string> = {
  higher: "higher",
  lower: "lower",
  none: "no change",
  "too few": "too few samples to tell",
};

function metricTable(now: Digest, runs: readonly Digest[]): string {
  const changes = compareMetrics(now.metrics, pooled(runs));
  if (changes.length === 0) return "";
  const rows = changes.map((one) => ({
    cells: [
      escapeHtml(one.name),
      spread(one.before, one.unit),
      spread(one.now, one.unit),
      Number.isNaN(one.ratio) ? "" : `${one.ratio.toFixed(2)} ×`,
      changeCell(one),
    ],
  }));
  const columns = [
    { title: "Metric" },
    { title: "Then" },
    { title: "Now" },
    { title: "Ratio", className: "number" },
    { title: "Change" },
  ];
  return `<p class="dim">Medians and ranges. It is called a change only where the two ranges do not touch. Counts of instructions come first: they do not depend on what else the machine was doing.</p>${table(columns, rows)}`;
}

function spread({ median, least, most, count }: MetricChange["now"], unit: string): string {
  const range = count > 1 ? ` <span class="dim">(${figure(least)} to ${figure(most)})</span>` : "";
  return `${figure(median)} ${escapeHtml(unit === "1" ? "" : unit)}${range}`;
}

function changeCell({ change, better, counted }: MetricChange): string {
  const instructions = counted === undefined ? "" : `; instructions: ${words[counted]}`;
  const text = `${words[change]}${instructions}`;
  if (better === undefined) return text;
  return `<b class="${better ? "better" : "worse"}">${text}, ${better ? "better" : "worse"}</b>`;
}

const plottedUnits = new Set(["Gb/s", "ms"]);

/** Each metric over the runs, this one last. */
function trends(result: RunResult, runs: readonly Digest[], now: Digest): string {
  const charts = trendCharts(runs, now);
  if (charts === "") return "";
  const title = escapeHtml(`${result.scenario} over its last runs`);
  return `<h3>${title}</h3>${charts}`;
}

/** A chart for each measured quantity over the runs, this one last; empty where there are too few for a line. */
export function trendCharts(runs: readonly Digest[], now: Digest): string {
  if (runs.length < 2) return "";
  const all = [...runs, now];
  const charts = now.metrics
    .filter((metric) => isCount(metric) || plottedUnits.has(metric.unit))
    .map(({ name, unit }): Chart => {
      const found = all.flatMap((run, index) => {
        const metric = run.metrics.find((one) => one.name === name);
        return metric ? [{ metric, x: index + 0.5 }] : [];
      });
      return {
        title: name,
        unit,
        points: found.map(({ metric, x }): Point => [x, metric.median]),
        ranges: found.map(({ metric }): Point => [metric.least, metric.most]),
        draw: "dots",
        xMost: all.length,
        xTicks: [{ x: all.length / 2, text: `${all.length} runs, this one last` }],
        now: found.length - 1,
      };
    });
  return charts.length === 0 ? "" : `<div class="plots">${charts.map(chart).join("\n")}</div>`;
}
