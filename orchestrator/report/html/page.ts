// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConsoleLog } from "../events.ts";
import type { RunResult } from "../result.ts";
import { duration } from "../summary.ts";
import { type Comparison, comparisonSection } from "./comparison.ts";
import { embeddedJson, type PageData, pageData } from "./data.ts";
import { badge, escapeHtml } from "./escape.ts";
import { metricsSection, plotsSection } from "./plots.ts";
import {
  attemptsSection,
  checksSection,
  expectationSection,
  failureSection,
  reproduceSection,
  section,
  variantsSection,
  versionsSection,
} from "./sections.ts";
import { timeLineSection } from "./time-line.ts";

/** The whole page: one file that needs no network. */
export function reportPage(
  result: RunResult,
  consoles: readonly ConsoleLog[],
  comparison: Comparison = { runs: [], from: "history" },
): string {
  const data = pageData(result, consoles);
  const sections = [
    failureSection(result),
    expectationSection(result),
    attemptsSection(result),
    variantsSection(result),
    checksSection(result),
    timeLineSection(result),
    plotsSection(result),
    comparisonSection(result, comparison),
    metricsSection(result),
    consolesSection(data),
    reproduceSection(result),
    versionsSection(result),
  ].filter((text) => text !== "");
  const body = `${headerOf(result, sections)}
<main>
${sections.join("\n")}
</main>
<script type="application/json" id="data">${embeddedJson(data)}</script>`;
  return document(`${result.verdict}: ${result.scenario}`, body);
}

/** An HTML document in which only the project's own script can run, whatever else gets into it. */
export function document(title: string, body: string): string {
  const script = pageScript();
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${readFileSync(join(import.meta.dirname, "style.css"), "utf8")}</style>
</head>
<body>
${body}
<script>${script}</script>
</body>
</html>
`;
}

function headerOf(result: RunResult, sections: readonly string[]): string {
  const { scenario, title, verdict, started, durationMs, accelerator, exitStatus } = result;
  const links = sections.flatMap((text) => {
    const [, id, name] = /^<section id="([a-z-]+)".*?<h2[^>]*>([^<:]*)/.exec(text) ?? [];
    return id && name ? [`<a href="#${id}">${name}</a>`] : [];
  });
  const facts = [
    started,
    duration(durationMs),
    accelerator || "not booted",
    `exit status ${exitStatus}`,
  ];
  return `<header>
<h1>${badge(verdict)} ${escapeHtml(scenario)}</h1>
<p>${escapeHtml(title)}</p>
<p class="dim">${escapeHtml(facts.join(" · "))}</p>
<nav aria-label="Sections">${links.join(" ")}<button type="button" id="theme" hidden>Colours</button></nav>
</header>`;
}

function consolesSection({ scenes }: PageData): string {
  const options = scenes.map(({ name }) => `<option>${escapeHtml(name)}</option>`);
  const choice =
    scenes.length > 1
      ? `<label>Variant <select id="console-scene">${options.join("")}</select></label>`
      : "";
  const body = `<div class="console-tools">
${choice}<input type="search" id="console-search" placeholder="Search ( / )" aria-label="Search both consoles" aria-describedby="console-count">
<button type="button" id="console-previous">Previous</button><button type="button" id="console-next">Next</button>
<button type="button" id="console-complaint">Next complaint</button>
<span id="console-count" class="dim" role="status"></span></div>
<div class="console-head" aria-hidden="true"><span>s</span><span>endpoint VM</span><span>host VM</span></div>
<div id="console" role="grid" tabindex="0" aria-label="Consoles of both VMs in the order of time, with the steps"></div>
<pre id="console-detail" aria-live="polite"></pre>
<noscript><p>The consoles are shown by a script; they are also in the files beside this one.</p></noscript>`;
  return section("consoles", "Consoles", body, "full");
}

const modules = ["rows.mjs", "list.mjs", "main.mjs"];

/** The page's modules as one script: what they import from each other is in it already. */
function pageScript(): string {
  const parts = modules.map((name) =>
    readFileSync(join(import.meta.dirname, "page", name), "utf8")
      .replace(/^import .*;$/gm, "")
      .replace(/^export /gm, ""),
  );
  return `(() => {\n"use strict";\n${parts.join("\n")}})();`;
}
