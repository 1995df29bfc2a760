// SPDX-License-Identifier: MIT
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConsoleLog, Reporter } from "./events.ts";
import type { RunResult } from "./result.ts";
import { duration, figure } from "./summary.ts";

/** Writes report.html: one page that needs no network. */
export function htmlReporter(): Reporter {
  return {
    name: "report.html",
    on: async (event) => {
      if (event.type !== "run-finished") return;
      await writeFile(join(event.out, "report.html"), reportPage(event.result, event.consoles));
    },
  };
}

export function reportPage(result: RunResult, consoles: readonly ConsoleLog[]): string {
  const { scenario, title, verdict } = result;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${verdict}: ${scenario}`)}</title>
<style>${style}</style>
</head>
<body>
<header class="${verdict}">
<h1><span class="badge">${verdict.toUpperCase()}</span> ${escapeHtml(scenario)}</h1>
<p>${escapeHtml(title)}</p>
<p>${escapeHtml(result.started)}, ${duration(result.durationMs)}, ${escapeHtml(result.accelerator || "not booted")}, exit status ${result.exitStatus}</p>
</header>
<main>
${failureSection(result)}
${checksSection(result)}
${metricsSection(result)}
${stepsSection(result)}
${versionsSection(result)}
<section><h2>Consoles</h2><div class="consoles">
${consoles.map(consoleBlock).join("\n")}
</div></section>
</main>
</body>
</html>
`;
}

function failureSection({ failure }: RunResult): string {
  if (!failure) return "";
  const excerpts = failure.excerpt.map(
    ({ title, lines, file }) =>
      `<h3>${escapeHtml(title)}</h3><pre>${escapeHtml(lines.join("\n"))}</pre>${file ? `<p>Whole log: <code>${escapeHtml(file)}</code></p>` : ""}`,
  );
  return `<section class="failure"><h2>Failure in ${escapeHtml(failure.phase)}</h2><p>${escapeHtml(failure.message)}</p>${excerpts.join("")}</section>`;
}

function checksSection({ checks }: RunResult): string {
  if (checks.length === 0) return "";
  const order = { fail: 0, skip: 1, pass: 2 };
  const rows = [...checks]
    .sort((a, b) => order[a.status] - order[b.status])
    .map(
      (check) =>
        `<tr class="${check.status}"><td><span class="badge">${check.status}</span></td><td><b>${escapeHtml(check.id)}</b><br>${escapeHtml(check.title)}</td><td>${escapeHtml(`${check.measured ?? ""} ${check.unit}`)}</td><td>${escapeHtml(String(check.expected ?? ""))}</td><td>${escapeHtml(check.reason)}</td></tr>`,
    );
  return table("Checks", ["", "Check", "Measured", "Expected", "Why"], rows);
}

function metricsSection({ metrics }: RunResult): string {
  if (metrics.length === 0) return "";
  const rows = metrics.map(
    ({ name, unit, samples, median }) =>
      `<tr><td>${escapeHtml(name)}</td><td class="number">${figure(median)}</td><td>${escapeHtml(unit === "1" ? "" : unit)}</td><td>${samples.length === 1 ? "1 sample" : `${samples.length} samples, ${figure(Math.min(...samples))} to ${figure(Math.max(...samples))}`}</td></tr>`,
  );
  return table("Metrics", ["Name", "Median", "Unit", "Samples"], rows);
}

function stepsSection({ phases, steps }: RunResult): string {
  const phaseRows = phases.map(
    ({ name, durationMs }) =>
      `<tr><td>${escapeHtml(name)}</td><td>phase</td><td class="number">${duration(durationMs)}</td></tr>`,
  );
  const stepRows = steps.map(
    ({ title, status, durationMs }) =>
      `<tr class="${status === "failed" ? "fail" : ""}"><td>${escapeHtml(title)}</td><td>${status}</td><td class="number">${durationMs === null ? "" : duration(durationMs)}</td></tr>`,
  );
  return table("Phases and steps", ["What", "", "Time"], [...phaseRows, ...stepRows]);
}

function versionsSection({ versions }: RunResult): string {
  const rows = Object.entries(versions).map(
    ([name, version]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(version)}</td></tr>`,
  );
  return rows.length > 0 ? table("Versions", ["Component", "Version"], rows) : "";
}

function table(title: string, head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((text) => `<th scope="col">${text}</th>`).join("");
  return `<section><h2>${title}</h2><div class="wide"><table><thead><tr>${cells}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div></section>`;
}

function consoleBlock({ role, lines }: ConsoleLog): string {
  const text = lines.map(({ atMs, text }) => `${(atMs / 1000).toFixed(3).padStart(8)}  ${text}`);
  return `<details open><summary>${role} (${lines.length} lines)</summary><pre tabindex="0">${escapeHtml(text.join("\n"))}</pre></details>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const style = `
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --dull: #8a6d00; --line: #8884; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; }
header, main { max-width: 76rem; margin: 0 auto; padding: 0.5rem 1rem; }
h1 { margin: 0.5rem 0 0; } h2 { margin: 1.5rem 0 0.5rem; } header p { margin: 0.2rem 0; }
.badge { color: #fff; background: var(--dull); border-radius: 0.3rem; padding: 0 0.4rem; }
.pass .badge { background: var(--good); } .fail .badge, .error .badge { background: var(--bad); }
.failure { border-left: 0.3rem solid var(--bad); padding-left: 0.8rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--line); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { overflow: auto; max-height: 34rem; border: 1px solid var(--line); padding: 0.5rem; font-size: 12px; }
.consoles { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
.consoles > * { min-width: 0; } summary { cursor: pointer; }
`;
