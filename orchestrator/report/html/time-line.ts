// SPDX-License-Identifier: MIT
import type { RunResult } from "../result.ts";
import { duration } from "../summary.ts";
import { escapeHtml, timeLink } from "./escape.ts";
import { section } from "./sections.ts";

interface Bar {
  readonly kind: "phase" | "step";
  readonly title: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
  readonly variant: string | undefined;
}

/** Phases and, below each, its steps, as bars over the time of the run. */
export function timeLineSection(result: RunResult): string {
  const bars = barsOf(result);
  if (bars.length === 0) return "";
  const total = Math.max(result.durationMs, ...bars.map((bar) => bar.startMs + bar.durationMs), 1);
  const rows = bars.map(({ kind, title, startMs, durationMs, failed, variant }) => {
    const left = percent(startMs / total);
    const width = percent(durationMs / total);
    const state = failed ? " failed" : "";
    const shown = variant === undefined || kind === "step" ? title : `${variant}: ${title}`;
    return `<span class="${kind} name${state}" title="${escapeHtml(shown)}">${timeLink(startMs, variant, shown)}${failed ? " (failed)" : ""}</span><span class="number">${duration(durationMs)}</span><span class="track" aria-hidden="true"><span class="bar ${kind}${state}" style="left:${left};width:${width}"></span></span>`;
  });
  const notRun = result.steps.filter(({ status }) => status === "not run");
  const rest =
    notRun.length > 0
      ? `<p class="dim">Not run: ${notRun.map(({ title }) => escapeHtml(title)).join(", ")}</p>`
      : "";
  return section("time", "Time line", `<div class="timeline">${rows.join("\n")}</div>${rest}`);
}

function barsOf({ phases, steps }: RunResult): Bar[] {
  let end = 0;
  const phaseBars = phases.map((phase): Bar => {
    // Results of before had no start: their phases follow each other.
    const startMs = phase.startMs ?? end;
    end = startMs + phase.durationMs;
    const { name: title, durationMs, variant } = phase;
    return { kind: "phase", title, startMs, durationMs, failed: false, variant };
  });
  const stepBars = steps.flatMap(({ title, startMs, durationMs, status, variant }): Bar[] =>
    startMs === null
      ? []
      : [
          {
            kind: "step",
            title,
            startMs,
            durationMs: durationMs ?? 0,
            failed: status === "failed",
            variant,
          },
        ],
  );
  const rank = ({ kind }: Bar) => (kind === "phase" ? 0 : 1);
  return [...phaseBars, ...stepBars].sort((a, b) => a.startMs - b.startMs || rank(a) - rank(b));
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)}%`;
}
