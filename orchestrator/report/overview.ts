// SPDX-License-Identifier: MIT
import { relative } from "node:path";
import type { Digest } from "./compare.ts";
import { verdictOf } from "./exit-status.ts";
import { fingerprintOf, problemsOf } from "./fingerprint.ts";
import { badge, escapeHtml, table } from "./html/escape.ts";
import { nightsSection } from "./html/nights.ts";
import { document } from "./html/page.ts";
import { section } from "./html/sections.ts";
import { type Merged, type MergedRun, notPassed } from "./merge.ts";
import { countsOf, duration, expectationText } from "./summary.ts";

/**
 * One page over many runs, lying in `out`: what failed first, each with a link to its own report; then how they fared before,
 * as far as `history` knows.
 */
export function overviewPage(merged: Merged, out: string, history: readonly Digest[] = []): string {
  const { runs, missing } = merged;
  const bad = notPassed(runs);
  const verdict = verdictOf(merged.exitStatus);
  const counted = [...Map.groupBy(runs, ({ result }) => result.verdict)].map(
    ([name, same]) => `${badge(name)} ${same.length}`,
  );
  const gone = missing.map((text) => `<p class="message">${escapeHtml(text)}</p>`).join("");
  const body = `<header>
<h1>${badge(verdict)} ${runs.length} scenarios</h1>
<p>${counted.join(" ")}</p>
<nav aria-label="Colours"><button type="button" id="theme" hidden>Colours</button></nav>
</header>
<main>
${missing.length > 0 ? section("missing", "Missing", gone, "failure") : ""}
${bad.length > 0 ? section("failures", "Not passed", bad.map((run) => problem(run, out)).join("\n"), "failure") : ""}
${section("all", "All scenarios", tableOf(runs, out))}
${nightsSection(runs, history, (run) => link(run, out))}
</main>`;
  return document(`${verdict}: ${runs.length} scenarios`, body);
}

function nameOf({ label, result }: MergedRun): string {
  return label === "" ? result.scenario : `${result.scenario} (${label})`;
}

function link(run: MergedRun, out: string): string {
  const path = `${relative(out, run.directory) || "."}/report.html`;
  const address = path.split("/").map(encodeURIComponent).join("/");
  return `<a href="${escapeHtml(address)}">${escapeHtml(nameOf(run))}</a>`;
}

function problem(run: MergedRun, out: string): string {
  const { result } = run;
  const tries = result.attempts ?? [];
  const problems = [
    ...problemsOf(result).map(({ what, message }) => `${what}: ${message}`),
    ...tries.flatMap((attempt, index) =>
      attempt.problems.map((text) => `attempt ${index + 1}: ${text}`),
    ),
  ];
  const command =
    result.reproduce === undefined ? "" : `<pre tabindex="0">${escapeHtml(result.reproduce)}</pre>`;
  const mark = fingerprintOf(result);
  const lines = problems.map((text) => `<p>${escapeHtml(text)}</p>`).join("");
  return `<h3>${badge(result.verdict)} ${link(run, out)}</h3>${lines}${command}${mark ? `<p class="dim">Fingerprint: <code>${mark}</code></p>` : ""}`;
}

const order = { fail: 0, error: 1, flaky: 2, skip: 3, pass: 4 };

function tableOf(runs: readonly MergedRun[], out: string): string {
  const rows = [...runs]
    .sort((a, b) => order[a.result.verdict] - order[b.result.verdict])
    .map((run) => {
      const { verdict, checks, durationMs, versions, accelerator } = run.result;
      const note = run.result.skipped ?? expectationText(run.result);
      return {
        className: verdict === "fail" || verdict === "error" ? "fail" : "",
        cells: [
          badge(verdict),
          link(run, out),
          escapeHtml(note ?? countsOf(checks)),
          duration(durationMs),
          escapeHtml(versions.kernel ?? ""),
          escapeHtml(accelerator),
        ],
      };
    });
  const titles = ["Verdict", "Scenario", "Checks", "Time", "Kernel", "Accelerator"];
  return table(
    titles.map((title) => ({ title })),
    rows,
  );
}
