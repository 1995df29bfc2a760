// SPDX-License-Identifier: MIT
import {
  compareMetrics,
  type Digest,
  digestOf,
  isChange,
  type MetricChange,
  pooled,
} from "../compare.ts";
import { runsBefore } from "../history.ts";
import type { MergedRun } from "../merge.ts";
import { trendCharts } from "./comparison.ts";
import { escapeHtml, table } from "./escape.ts";
import { section } from "./sections.ts";

/** How many runs before this one are shown. */
const shownRuns = 30;
/** Changes are told against fewer of them: what was a month ago is no news. */
const comparedRuns = 10;

/** How each scenario fared before, what it measured then and now, and what changed. Empty without a history. */
export function nightsSection(
  runs: readonly MergedRun[],
  history: readonly Digest[],
  link: (run: MergedRun) => string,
): string {
  const rows = runs.flatMap((run) => {
    const now = digestOf(run.result, run.label);
    const before = runsBefore(history, now, shownRuns);
    if (before.length === 0 || run.result.verdict === "skip") return [];
    const charts = trendCharts(before, now);
    const plots = charts && `<details><summary>Plots</summary>${charts}</details>`;
    const changes = compareMetrics(now.metrics, pooled(before.slice(-comparedRuns)));
    return {
      cells: [
        link(run),
        strip([...before, now]),
        changes.filter(isChange).map(changeLine).join("<br>") || "no change",
        plots,
      ],
    };
  });
  if (rows.length === 0) return "";
  const columns = [
    { title: "Scenario" },
    { title: "Verdicts" },
    { title: `Changed since its last ${comparedRuns} runs` },
    { title: "Measured" },
  ];
  return section(
    "nights",
    "Over the nights",
    `<p class="dim">Oldest first, this run last.</p>${table(columns, rows)}`,
  );
}

/** A mark for each run; which letter it is says what a colour alone would not. */
function strip(digests: readonly Digest[]): string {
  const words = digests.map(({ verdict }) => verdict);
  const marks = digests.map(({ verdict, started }) => {
    const letter = verdict === "pass" ? "·" : (verdict[0] ?? "");
    return `<span class="${verdict}" title="${escapeHtml(`${started}: ${verdict}`)}">${letter}</span>`;
  });
  return `<span class="strip" role="img" aria-label="${escapeHtml(words.join(", "))}">${marks.join("")}</span>`;
}

function changeLine({ name, change, ratio, better }: MetricChange): string {
  const by = Number.isNaN(ratio) ? "" : ` (${ratio.toFixed(2)} ×)`;
  const text = escapeHtml(`${name} ${change}${by}`);
  if (better === undefined) return text;
  return `<b class="${better ? "better" : "worse"}">${text}</b>`;
}
