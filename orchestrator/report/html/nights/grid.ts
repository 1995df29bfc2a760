// SPDX-License-Identifier: MIT
import type { Digest } from "../../compare.ts";
import type { Merged } from "../../merge.ts";
import type { MergedRun } from "../../merged-run.ts";
import type { Verdict } from "../../result.ts";
import { countsOf, duration, expectationText } from "../../summary.ts";
import { badge } from "../parts/badge.ts";
import { filters } from "../parts/filters.ts";
import { type Content, html, type Markup } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";
import { nightOf, nightsOf } from "./nights.ts";

/** How many nights are shown, this one included. */
const shownNights = 15;

/** What became of a scenario on a kernel in one night. */
type Outcome = Verdict | "missing";

/** The gravest first. */
const order: readonly Outcome[] = ["fail", "error", "missing", "flaky", "skip", "pass"];

/** A row for each scenario, a column for each kernel: what came of it in this night, and in those before. */
export function gridSection(
  merged: Merged,
  history: readonly Digest[],
  link: (run: MergedRun, text: Content) => Markup,
): Section {
  const { runs, labels, planned } = merged;
  const scenarios = [
    ...new Set([...planned, ...scenariosOf(runs)].map(({ scenario }) => scenario)),
  ];
  const before = history.filter(({ label }) => labels.includes(label));
  const nights = nightsOf(
    [...before, ...runs.map(({ result }) => result)].map((one) => one.started),
  );
  const first = Math.max(0, nights.length - shownNights);
  const past = nights.slice(first, -1);
  const rows = scenarios.map((scenario) => {
    const cells = labels.map((label): Cell => {
      const run = runs.find((one) => one.label === label && one.result.scenario === scenario);
      const wanted = planned.some((one) => one.label === label && one.scenario === scenario);
      const outcome = run?.result.verdict ?? (wanted ? "missing" : undefined);
      const mine = before.filter((one) => one.label === label && one.scenario === scenario);
      return { run, outcome, past: past.map((_, index) => inNight(mine, nights, first + index)) };
    });
    const worst = gravest(cells.flatMap(({ outcome }) => outcome ?? [])) ?? "pass";
    return { scenario, cells, worst };
  });
  rows.sort(
    (a, b) =>
      order.indexOf(a.worst) - order.indexOf(b.worst) || a.scenario.localeCompare(b.scenario),
  );
  const picks = filters(
    "scenarios",
    rows.map(({ worst }) => worst),
    order,
  );
  const columns = [
    { title: "Scenario" },
    ...labels.map((label) => ({
      title: label || "This run",
      note: kernelOf(label, runs),
      className: "cell",
    })),
  ];
  const body = table(
    columns,
    rows.map(({ scenario, cells, worst }) => ({
      className: worst,
      cells: [html`<b>${scenario}</b>`, ...cells.map((cell) => cellMarkup(cell, past, link))],
    })),
  );
  return { id: "all", title: "Scenarios by kernels", body: [legend(past), picks, body] };
}

interface Cell {
  readonly run: MergedRun | undefined;
  readonly outcome: Outcome | undefined;
  /** Undefined for a night in which it was not run. */
  readonly past: readonly (Outcome | undefined)[];
}

function scenariosOf(runs: readonly MergedRun[]) {
  return runs.map(({ label, result }) => ({ label, scenario: result.scenario }));
}

/** The gravest of a night's runs of one scenario. */
function inNight(
  digests: readonly Digest[],
  nights: readonly number[],
  night: number,
): Outcome | undefined {
  const mine = digests.filter(({ started }) => nightOf(nights, started) === night);
  return gravest(mine.map(({ verdict }) => verdict));
}

function gravest(outcomes: readonly Outcome[]): Outcome | undefined {
  return order.find((one) => outcomes.includes(one));
}

function kernelOf(label: string, runs: readonly MergedRun[]): string {
  const kernels = runs.flatMap((run) =>
    run.label === label ? (run.result.versions.kernel ?? []) : [],
  );
  return [...new Set(kernels)].join(", ");
}

function cellMarkup(
  { run, outcome, past }: Cell,
  nights: readonly number[],
  link: (run: MergedRun, text: Content) => Markup,
): Content {
  const strip = past.some(Boolean) && stripOf(past, nights);
  if (!run) {
    const now = outcome === undefined ? html`<span class="dim">not run</span>` : badge("missing");
    return [now, " ", strip];
  }
  const { verdict, checks, durationMs, skipped } = run.result;
  const failed = checks.filter(({ status }) => status === "fail").length;
  const told = skipped ?? expectationText(run.result) ?? countsOf(checks);
  const note = failed > 0 ? `${failed} of ${checks.length} checks` : duration(durationMs);
  return html`<span title="${told}">${link(run, badge(verdict))} <span class="dim">${verdict !== "skip" && note}</span></span> ${strip}`;
}

/** A mark for each night; which letter it is says what a colour alone would not. */
function stripOf(past: readonly (Outcome | undefined)[], nights: readonly number[]): Markup {
  const words = past.map((outcome) => outcome ?? "not run");
  const marks = past.map((outcome, index) => {
    const letter = outcome === "pass" ? "·" : (outcome?.[0] ?? "");
    return html`<span class="${outcome}" title="${dateOf(nights[index] ?? 0)}: ${words[index]}">${letter}</span>`;
  });
  return html`<span class="strip" role="img" aria-label="before: ${words.join(", ")}">${marks}</span>`;
}

function legend(past: readonly number[]): Markup | undefined {
  const [first] = past;
  const last = past.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const count = past.length === 1 ? "night" : `${past.length} nights`;
  return html`<p class="dim">Small marks are the ${count} before, ${dateOf(first)} to ${dateOf(last)}, oldest first: · passed, f failed or was flaky, e could not be judged, s skipped, empty not run.</p>`;
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
