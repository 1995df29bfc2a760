// SPDX-License-Identifier: MIT
import { bootedStretch, type Stretch } from "../../boot.ts";
import type { RunResult } from "../../result.ts";
import { clockText, duration } from "../../summary.ts";
import { badge } from "../parts/badge.ts";
import { folded } from "../parts/code.ts";
import { timeLink } from "../parts/links.ts";
import { type Content, html, type Markup } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";

interface Bar {
  readonly kind: "phase" | "step";
  readonly title: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
}

/** A pair of VMs: what they did from their boot on. */
interface Lane {
  readonly variant: string | undefined;
  readonly stretch: Stretch;
  readonly bars: readonly Bar[];
}

/** Up to so many bars are shown at once; of more, only the variants that failed. */
const mostBars = 60;

/**
 * Phases and, below each, its steps, as bars over the time from boot on, all to one scale. Provisioning, which may take longer than
 * all that follows, is a bar of its own that is to no scale.
 */
export function timeLineSection(result: RunResult): Section[] {
  const lanes = lanesOf(result);
  const provision = provisionRow(result);
  if (lanes.length === 0 && provision === undefined) return [];
  const total = Math.max(1, ...lanes.map(({ stretch }) => stretch.to - stretch.from));
  const many = lanes.reduce((sum, { bars }) => sum + bars.length, 0) > mostBars;
  const shown = lanes.map((lane) => {
    const rows = laneRows(lane, total);
    if (lane.variant === undefined) return rows;
    const { verdict, durationMs = 0 } =
      result.variants?.find(({ name }) => name === lane.variant) ?? {};
    const summary = html`<b>${lane.variant}</b> ${verdict !== undefined && badge(verdict)} <span class="dim">${duration(durationMs)}</span>`;
    return folded(summary, rows, !many || verdict !== "pass");
  });
  const notRun = result.steps.filter(({ status }) => status === "not run");
  const body = [
    html`<p class="dim">Seconds since boot, ${clockText(result)}. Each step leads to its time in the consoles.</p>`,
    provision,
    shown,
    notRun.length > 0 &&
      html`<p class="dim">Not run: ${notRun.map(({ title }) => title).join(", ")}</p>`,
  ];
  return [{ id: "time", title: "Time line", body }];
}

function lanesOf(result: RunResult): Lane[] {
  const { phases, variants = [] } = result;
  const names = variants.length > 0 ? variants.map(({ name }) => name) : [undefined];
  return names.flatMap((variant) => {
    const mine = phases.filter((phase) => phase.variant === variant && phase.name !== "provision");
    const stretch = bootedStretch(result, variant);
    return stretch ? [{ variant, stretch, bars: barsOf(result, variant, mine) }] : [];
  });
}

function barsOf(
  { steps }: RunResult,
  variant: string | undefined,
  phases: RunResult["phases"],
): Bar[] {
  const phaseBars = phases.flatMap(({ name: title, startMs, durationMs }): Bar[] =>
    startMs === undefined ? [] : [{ kind: "phase", title, startMs, durationMs, failed: false }],
  );
  const stepBars = steps
    .filter((step) => step.variant === variant)
    .flatMap(({ title, startMs, durationMs, status }): Bar[] =>
      startMs === null
        ? []
        : [
            {
              ...{ kind: "step", title, startMs },
              durationMs: durationMs ?? 0,
              failed: status === "failed",
            },
          ],
    );
  const rank = ({ kind }: Bar) => (kind === "phase" ? 0 : 1);
  return [...phaseBars, ...stepBars].sort((a, b) => a.startMs - b.startMs || rank(a) - rank(b));
}

function laneRows({ variant, stretch, bars }: Lane, total: number): Markup {
  const rows = bars.map(({ kind, title, startMs, durationMs, failed }) => {
    const at = startMs - stretch.from;
    const state = failed && " failed";
    return html`<span class="name ${kind}${state}" title="${title}">${timeLink(at, variant, title)}${failed && " (failed)"}</span><span class="number">${duration(durationMs)}</span><span class="track" aria-hidden="true"><span class="bar ${kind}${state}" style="left:${percent(at / total)};width:${percent(durationMs / total)}"></span></span>
`;
  });
  return html`<div class="timeline" style="--tick:${percent((tickOf(total) * 1000) / total)}">${axis(total)}${rows}</div>`;
}

/** So many figures at most stand along the axis. */
const mostTicks = 10;

function tickOf(total: number): number {
  const nice = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800];
  return nice.find((step) => total / 1000 / step <= mostTicks) ?? 3600;
}

function axis(total: number): Markup {
  const tick = tickOf(total);
  const count = Math.floor(total / 1000 / tick);
  const ticks = Array.from({ length: count + 1 }, (_, index) => {
    const at = Number((index * tick).toFixed(1));
    return html`<span style="left:${percent((at * 1000) / total)}">${at}</span>`;
  });
  return html`<span class="name"></span><span></span><span class="axis dim" aria-hidden="true">${ticks}</span>
`;
}

function provisionRow({ phases }: RunResult): Content {
  const took = phases
    .filter(({ name }) => name === "provision")
    .reduce((sum, { durationMs }) => sum + durationMs, 0);
  if (took === 0) return undefined;
  return html`<div class="timeline provision"><span class="name phase">provision</span><span class="number">${duration(took)}</span><span class="track"><span class="bar folded"></span><span class="dim">before boot, not to scale</span></span></div>`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(3)}%`;
}
