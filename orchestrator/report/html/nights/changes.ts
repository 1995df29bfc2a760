// SPDX-License-Identifier: MIT
import {
  comparedRuns,
  compareMetrics,
  type Digest,
  digestOf,
  isChange,
  type MetricChange,
  pooled,
} from "../../compare.ts";
import { runsBefore } from "../../history.ts";
import type { MergedRun } from "../../merged-run.ts";
import { folded } from "../parts/code.ts";
import { html, type Markup } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";
import { trendCharts } from "../run/comparison.ts";

/** How many runs before this one are plotted. */
const shownRuns = 30;

/** What each scenario measured then and now, and what changed. Nothing without a history. */
export function changesSection(
  runs: readonly MergedRun[],
  history: readonly Digest[],
  link: (run: MergedRun) => Markup,
): Section[] {
  const measured = runs.flatMap((run): Measured[] => {
    const now = digestOf(run.result, run.label);
    const before = runsBefore(history, now, shownRuns);
    if (before.length === 0 || run.result.verdict === "skip") return [];
    const plots = trendCharts(before, now);
    const changes = compareMetrics(now.metrics, pooled(before, now));
    const changed = changes.filter(isChange);
    return changed.length === 0 && plots === undefined ? [] : [{ run, changed, plots }];
  });
  if (measured.length === 0) return [];
  const [different, same] = [
    measured.filter(({ changed }) => changed.length > 0),
    measured.filter(({ changed }) => changed.length === 0),
  ];
  const rows = different.map(({ run, changed, plots }) => ({
    cells: [link(run), changed.map(changeLine), plots !== undefined && folded("Plots", plots)],
  }));
  const columns = [
    { title: "Scenario" },
    { title: `Changed since its last ${comparedRuns} runs` },
    { title: "Measured", className: "grow" },
  ];
  const body = [
    rows.length > 0 ? table(columns, rows) : html`<p>Nothing has changed.</p>`,
    same.length > 0 &&
      folded(
        `Plots of ${same.length} without a change`,
        same.map(({ run, plots }) => folded(link(run), plots)),
      ),
  ];
  return [{ id: "changes", title: "Measured over the nights", body }];
}

interface Measured {
  readonly run: MergedRun;
  readonly changed: readonly MetricChange[];
  readonly plots: Markup | undefined;
}

function changeLine({ name, change, ratio, better }: MetricChange): Markup {
  const by = Number.isNaN(ratio) ? "" : ` (${ratio.toFixed(2)} ×)`;
  const text = `${name} ${change}${by}`;
  if (better === undefined) return html`<div>${text}</div>`;
  return html`<div class="${better ? "better" : "worse"}"><b>${text}</b></div>`;
}
