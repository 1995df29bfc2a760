// SPDX-License-Identifier: MIT
import type { ConsoleLog } from "../../events.ts";
import { portable } from "../../portable.ts";
import type { RunResult } from "../../result.ts";
import { clockText, countsOf, duration } from "../../summary.ts";
import { badge } from "../parts/badge.ts";
import { document } from "../parts/document.ts";
import { embeddedJson } from "../parts/json.ts";
import { html, type Markup } from "../parts/markup.ts";
import { pageBar, type Section, sectionMarkup } from "../parts/section.ts";
import { reproduceSection, versionsSection } from "./again.ts";
import { attemptsSection } from "./attempts.ts";
import { checksSection } from "./checks.ts";
import { commandsSection } from "./commands.ts";
import { type Comparison, comparisonSection } from "./comparison.ts";
import { consolesSection } from "./consoles.ts";
import { pageData } from "./data.ts";
import { expectationSection, failureSection } from "./failure.ts";
import { filesSection } from "./files.ts";
import { kernelLogsSection } from "./kernel-logs.ts";
import { measuredSection } from "./measured.ts";
import { plotsSection } from "./plots.ts";
import { timeLineSection } from "./time-line.ts";
import { variantsSection } from "./variants.ts";

/** What a page tells of. */
export interface ReportedRun {
  readonly result: RunResult;
  readonly consoles: readonly ConsoleLog[];
  /** The directory in which the page lies: no path in it goes beyond. */
  readonly out: string;
  /** The files that lie there, by their paths from it. */
  readonly files?: readonly string[];
  readonly comparison?: Comparison;
}

/** The whole page: one file that needs no network. */
export function reportPage(run: ReportedRun): string {
  const { consoles, out, files = [], comparison = { runs: [], from: "history" } } = run;
  const result = portable(run.result, out);
  const data = pageData(result, consoles, out);
  const sections = [
    ...failureSection(result),
    ...expectationSection(result),
    ...attemptsSection(result),
    ...variantsSection(result),
    ...checksSection(result),
    ...measuredSection(result),
    ...timeLineSection(result),
    ...plotsSection(result),
    ...comparisonSection(result, comparison),
    ...commandsSection(result),
    ...kernelLogsSection(result),
    consolesSection(data),
    ...reproduceSection(result),
    ...filesSection(files),
    ...versionsSection(result),
  ];
  const body = html`${headerOf(result, sections)}
<main>
${sections.map(sectionMarkup)}
</main>
<script type="application/json" id="data">${embeddedJson(data)}</script>`;
  return document(`${result.verdict}: ${result.scenario}`, body);
}

function headerOf(result: RunResult, sections: readonly Section[]): Markup {
  const { scenario, title, verdict, started, durationMs, accelerator, exitStatus, topology } =
    result;
  const facts = [
    `${started.slice(0, 16).replace("T", " ")} UTC`,
    duration(durationMs),
    accelerator || "not booted",
    `times ${clockText(result)}`,
    ...(result.checks.length > 0 ? [`checks: ${countsOf(result.checks)}`] : []),
    `exit status ${exitStatus}`,
  ];
  return html`${pageBar(html`${badge(verdict)} ${scenario}`, sections)}
<div class="lead"><p>${title}</p>
<p class="dim">${facts.join(" · ")}</p>
${topology && html`<pre aria-label="Machines and links">${topology.join("\n")}</pre>`}</div>`;
}
