// SPDX-License-Identifier: MIT
import { relative } from "node:path";
import { type Digest, digestOf } from "../../compare.ts";
import { verdictOf } from "../../exit-status.ts";
import { fingerprintOf, problemsOf } from "../../fingerprint.ts";
import { failingSince } from "../../history.ts";
import { type Merged, notPassed } from "../../merge.ts";
import type { MergedRun } from "../../merged-run.ts";
import { badge } from "../parts/badge.ts";
import { code } from "../parts/code.ts";
import { document } from "../parts/document.ts";
import { checkAnchor } from "../parts/links.ts";
import { type Content, html, type Markup } from "../parts/markup.ts";
import { pageBar, type Section, sectionMarkup } from "../parts/section.ts";
import { changesSection } from "./changes.ts";
import { gridSection } from "./grid.ts";

/**
 * One page over many runs, lying in `out`: what failed first, each with a link to its own report; then how all of them fared, and
 * in the nights before as far as `history` knows.
 */
export function overviewPage(merged: Merged, out: string, history: readonly Digest[] = []): string {
  const { runs, missing, news, turnout, labels } = merged;
  const link = (run: MergedRun, text: Content = nameOf(run)) =>
    html`<a href="${reportOf(run, out)}">${text}</a>`;
  const sections = [
    ...missingSection(missing),
    ...failuresSection(notPassed(runs), out, history),
    ...newsSection(news),
    gridSection(merged, history, link),
    ...skippedSection(runs),
    ...changesSection(runs, history, link),
  ];
  const verdict = verdictOf(merged.exitStatus);
  const scenarios = new Set(runs.map(({ result }) => result.scenario)).size;
  const title =
    labels.length > 1
      ? `${scenarios} scenarios on ${labels.length} kernels`
      : `${scenarios} scenarios`;
  const counted = [...Map.groupBy(runs, ({ result }) => result.verdict)].map(
    ([name, same]) => html`${badge(name)} ${same.length} `,
  );
  const body = html`${pageBar(html`${badge(verdict)} ${title}`, sections)}
<div class="lead"><p>${counted}${turnout !== undefined && html`<span class="dim">${turnout}</span>`}</p></div>
<main>
${sections.map(sectionMarkup)}
</main>`;
  return document(`${verdict}: ${title}`, body);
}

function nameOf({ label, result }: MergedRun): string {
  return label === "" ? result.scenario : `${result.scenario} (${label})`;
}

/** The address of a run's own report, from the page. */
function reportOf(run: MergedRun, out: string): string {
  const path = `${relative(out, run.directory) || "."}/report.html`;
  return path.split("/").map(encodeURIComponent).join("/");
}

function missingSection(missing: readonly string[]): Section[] {
  if (missing.length === 0) return [];
  const body = missing.map((text) => html`<p class="message">${text}</p>`);
  return [{ id: "missing", title: "Missing", body, className: "failure" }];
}

function newsSection(news: readonly string[]): Section[] {
  if (news.length === 0) return [];
  return [{ id: "news", title: "News", body: news.map((text) => html`<p>${text}</p>`) }];
}

function failuresSection(
  bad: readonly MergedRun[],
  out: string,
  history: readonly Digest[],
): Section[] {
  if (bad.length === 0) return [];
  const body = bad.map((run) => problem(run, out, history));
  return [{ id: "failures", title: "Not passed", body, className: "failure" }];
}

function problem(run: MergedRun, out: string, history: readonly Digest[]): Markup {
  const { result } = run;
  const report = reportOf(run, out);
  const isCheck = new Set(result.checks.map(({ id }) => id));
  const problems = problemsOf(result).map(({ what, message }) => {
    const at = isCheck.has(what) ? checkAnchor(what) : "failure";
    return html`<p class="value"><a href="${report}#${encodeURIComponent(at)}">${what}</a>: ${message}</p>`;
  });
  const earlier = (result.attempts ?? []).flatMap((attempt, index) =>
    attempt.problems.map((text) => html`<p class="value">attempt ${index + 1}: ${text}</p>`),
  );
  const fingerprint = fingerprintOf(result);
  const since =
    fingerprint !== undefined &&
    html`<p class="dim">Fingerprint: <code>${fingerprint}</code>, failing so since ${failingSince(history, digestOf(result, run.label)).slice(0, 10)}</p>`;
  return html`<h3>${badge(result.verdict)} <a href="${report}">${nameOf(run)}</a></h3>${problems}${earlier}${result.reproduce !== undefined && code(result.reproduce)}${since}`;
}

/** A skip is news: why, and what was skipped for it. */
function skippedSection(runs: readonly MergedRun[]): Section[] {
  const skipped = runs.filter(({ result }) => result.skipped !== undefined);
  if (skipped.length === 0) return [];
  const reasons = Map.groupBy(skipped, ({ label, result }) => {
    const reason = (result.skipped ?? "").replace(`${result.scenario} cannot run: `, "");
    return label === "" ? reason : `${label}: ${reason}`;
  });
  const body = [...reasons].map(
    ([reason, same]) =>
      html`<p><b>${reason}</b><br>${same.map(({ result }) => result.scenario).join(", ")}</p>`,
  );
  return [{ id: "skipped", title: "Skipped", body }];
}
