// SPDX-License-Identifier: MIT
import {
  type Change,
  comparable,
  compareChecks,
  compareMetrics,
  type Digest,
  digestOf,
  isCount,
  keyOf,
  type MetricChange,
  pooled,
  sameJobs,
  sameSeeds,
} from "../../compare.ts";
import { quantities } from "../../quantity.ts";
import type { RunResult } from "../../result.ts";
import { duration } from "../../summary.ts";
import { badge } from "../parts/badge.ts";
import { type Chart, type Point, plots } from "../parts/chart.ts";
import { checkLink } from "../parts/links.ts";
import { type Content, html, type Markup } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";

/** What the run is compared with: one that a person named, or those before it in the history. Oldest first. */
export interface Comparison {
  readonly runs: readonly Digest[];
  readonly from: "named" | "history";
}

export function comparisonSection(result: RunResult, { runs, from }: Comparison): Section[] {
  const last = runs.at(-1);
  if (!last) return [];
  const now = digestOf(result);
  const what =
    from === "named" || runs.length === 1
      ? `the run of ${last.started}`
      : `the ${runs.length} runs before it in the history`;
  const trend = trendCharts(runs, now);
  const body = [
    html`<p>Compared with ${what}; the last of them: ${badge(last.verdict)} in ${duration(last.durationMs)}.</p>`,
    checkTable(now, last),
    versionTable(now, last),
    otherSeeds(now, runs),
    metricTable(now, runs),
    trend !== undefined && html`<h3>${result.scenario} over its last runs</h3>${trend}`,
  ];
  const title = "Comparison with earlier runs";
  return [{ id: "comparison", title, short: "Comparison", body }];
}

function checkTable(now: Digest, last: Digest): Markup {
  const changed = compareChecks(now, last);
  if (changed.length === 0) return html`<p>Every check that both have ended as it did.</p>`;
  const rows = changed.map(({ id, now: status, before }) => ({
    cells: [checkLink(id), badge(before), badge(status)],
  }));
  return table([{ title: "Check" }, { title: "Then" }, { title: "Now" }], rows, true);
}

function versionTable(now: Digest, last: Digest): Content {
  const names = new Set([...Object.keys(now.versions), ...Object.keys(last.versions)]);
  const rows = [...names]
    .filter((name) => now.versions[name] !== last.versions[name])
    .map((name) => ({ cells: [name, last.versions[name], now.versions[name]] }));
  if (rows.length === 0) return undefined;
  return table([{ title: "Version" }, { title: "Then" }, { title: "Now" }], rows, true);
}

const words: Record<Change, string> = {
  higher: "higher",
  lower: "lower",
  none: "no change",
  "too few": "too few samples to tell",
};

function metricTable(now: Digest, runs: readonly Digest[]): Content {
  const changes = compareMetrics(now.metrics, pooled(runs, now));
  const told = otherJobs(now, runs);
  if (changes.length === 0) return told;
  const rows = changes.map((one) => ({
    cells: [
      html`<code>${one.name}</code>`,
      ...thenAndNow(one),
      !Number.isNaN(one.ratio) && `${one.ratio.toFixed(2)} ×`,
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
  return html`${told}<p class="dim">Medians and ranges. It is called a change only where the two ranges do not touch. Counts of instructions come first: they do not depend on what else the machine was doing.</p>${table(columns, rows)}`;
}

/** Which runs had more or fewer others beside them, and what that means. */
function otherJobs(now: Digest, runs: readonly Digest[]): Content {
  const others = runs.filter((run) => !sameJobs(run, now));
  const [other] = others;
  if (other === undefined) return undefined;
  if (others.length === 1 && runs.length === 1) {
    return html`<p>Times and rates are not compared: this run was made ${atATime(now)}, the other one ${atATime(other)}.</p>`;
  }
  return html`<p>This run was made ${atATime(now)}. Of ${others.length} of the ${runs.length} before it, which were not, times and rates are not compared.</p>`;
}

/** Which runs another seed varied, and what that means. */
function otherSeeds(now: Digest, runs: readonly Digest[]): Content {
  const other = runs.find((run) => !sameSeeds(run, now));
  if (other === undefined) return undefined;
  return html`<p>This run was made with ${seeds(now)}, and one that it is compared with had ${seeds(other)}: all of virtual time takes another time then, and a change may be the seed's.</p>`;
}

function seeds({ seeds = [] }: Digest): string {
  if (seeds.length === 0) return "no seed";
  return `seed${seeds.length > 1 ? "s" : ""} ${seeds.join(", ")}`;
}

function atATime({ jobs }: Digest): string {
  return jobs === undefined ? "alone" : `as one of ${jobs} at a time`;
}

function thenAndNow({ before, now, unit }: MetricChange): Markup[] {
  const parts = [before, now].map(({ median, least, most }) => [median, least, most]);
  const shown = quantities(parts.flat(), unit);
  return [before, now].map(({ count }, index) => {
    const [median, least, most] = shown.texts.slice(index * 3);
    return html`${median} ${shown.unit}${count > 1 && html` <span class="dim">(${least} to ${most})</span>`}`;
  });
}

function changeCell({ change, better, counted }: MetricChange): Content {
  const instructions = counted === undefined ? "" : `; instructions: ${words[counted]}`;
  const text = `${words[change]}${instructions}`;
  if (better === undefined) return text;
  const word = better ? "better" : "worse";
  return html`<b class="${word}">${text}, ${word}</b>`;
}

const plottedUnits = new Set(["Gb/s", "ms"]);

/** A chart for each measured quantity over the runs that have it comparable, this one last. Undefined where there are too few. */
export function trendCharts(runs: readonly Digest[], now: Digest): Markup | undefined {
  const charts = now.metrics
    .filter((metric) => isCount(metric) || plottedUnits.has(metric.unit))
    .flatMap((measured): Chart[] => {
      const { name, unit } = measured;
      const found = [...runs, now].flatMap((run) => {
        const metric = comparable(run, now).find((one) => keyOf(one) === keyOf(measured));
        return metric ? [{ metric, run }] : [];
      });
      if (found.length < 3) return [];
      return [
        {
          title: name,
          unit,
          x: found.map(({ run }) => `${day(run.started)}, ${run.verdict}`),
          curves: [
            {
              label: name,
              points: found.map(({ metric }, x): Point => [x, metric.median]),
              ranges: found.map(({ metric }): Point => [metric.least, metric.most]),
            },
          ],
          draw: "dots",
          lastStandsOut: true,
        },
      ];
    });
  return charts.length === 0 ? undefined : plots(charts);
}

/** `2026-11-22 02:17`. */
function day(started: string): string {
  return started.slice(0, 16).replace("T", " ");
}
