// SPDX-License-Identifier: MIT
import { type Failure, failuresOf, fingerprintOf } from "../fingerprint.ts";
import type { Check, RunResult } from "../result.ts";
import { compared, countsOf, duration, expectationText } from "../summary.ts";
import { badge, escapeHtml, table, timeLink } from "./escape.ts";

/** What went wrong, before all else: where the run broke off with the evidence, then each check that failed. */
export function failureSection(result: RunResult): string {
  const failed = result.checks.filter((check) => check.status === "fail");
  const failures = failuresOf(result).filter(({ expected }) => !expected);
  if (failures.length === 0 && failed.length === 0) return "";
  return section(
    "failure",
    failures.length > 0 ? "Failure" : `${failed.length} of ${result.checks.length} checks failed`,
    [...failures.map(failureBlock), ...failed.map((check) => checkBlock(check, result))].join("\n"),
    "failure",
  );
}

/** What a scenario of a known bug said of its failure, with the evidence that it came; or why nothing was run. */
export function expectationSection(result: RunResult): string {
  const { skipped, expectation, checks } = result;
  if (skipped !== undefined) {
    const reason = `<p class="message">${escapeHtml(skipped)}</p>`;
    return section("skipped", "Not run", reason, "expectation");
  }
  if (!expectation) return "";
  const url = expectation.report;
  const link =
    url !== undefined && /^https?:\/\//.test(url)
      ? `<p>Report: <a href="${escapeHtml(url)}" rel="noreferrer">${escapeHtml(url)}</a></p>`
      : "";
  const blocks = [
    ...failuresOf(result)
      .filter(({ expected }) => expected)
      .map(failureBlock),
    ...checks.filter(({ status }) => status === "xfail").map((check) => checkBlock(check, result)),
  ];
  const lead = `<p class="message">This run ${escapeHtml(expectationText(result) ?? "")}.</p>`;
  return section(
    "expectation",
    "Expected failure",
    [lead, link, ...blocks].join("\n"),
    "expectation",
  );
}

function failureBlock({ phase, message, excerpt, atMs, variant }: Failure): string {
  const where = variant === undefined ? phase : `${variant}: ${phase}`;
  const link = atMs === undefined ? "" : ` · ${timeLink(atMs, variant, "show in the consoles")}`;
  const shown = excerpt.map(({ title, lines, file }) => {
    const log = file ? `<p class="dim">Whole log: <code>${escapeHtml(file)}</code></p>` : "";
    return `<h3>${escapeHtml(title)}</h3><pre tabindex="0">${escapeHtml(lines.join("\n"))}</pre>${log}`;
  });
  return `<p class="message">${escapeHtml(message)}</p><p>in: ${escapeHtml(where)}${link}</p>${shown.join("")}`;
}

function checkBlock(check: Check, result: RunResult): string {
  const at = result.steps.find(({ id }) => id === check.step)?.startMs;
  const link =
    at === undefined || at === null
      ? ""
      : ` · ${timeLink(at, check.variant, "show in the consoles")}`;
  const lines = check.lines?.length
    ? `<pre tabindex="0">${escapeHtml(check.lines.join("\n"))}</pre>`
    : "";
  return `<h3>${escapeHtml(check.id)}</h3><p class="message">${escapeHtml(check.reason)}</p>
<p>${escapeHtml(check.title)} · ${escapeHtml(compared(check))}${link}</p>${lines}`;
}

/** How to see it at home. */
export function reproduceSection(result: RunResult): string {
  const { reproduce } = result;
  const fingerprint = fingerprintOf(result);
  if (reproduce === undefined && fingerprint === undefined) return "";
  const command = reproduce === undefined ? "" : `<pre tabindex="0">${escapeHtml(reproduce)}</pre>`;
  const mark =
    fingerprint === undefined
      ? ""
      : `<p class="dim">Fingerprint of this failure: <code>${fingerprint}</code></p>`;
  return section("reproduce", "Run it again", command + mark);
}

export function attemptsSection({ attempts = [] }: RunResult): string {
  if (attempts.length < 2) return "";
  const rows = attempts.map(({ verdict, started, durationMs, directory, problems }, index) => ({
    className: verdict === "pass" ? "" : "fail",
    cells: [
      `${index + 1} ${badge(verdict)}`,
      escapeHtml(started),
      duration(durationMs),
      `<code>${escapeHtml(directory)}</code>`,
      problems.map(escapeHtml).join("<br>"),
    ],
  }));
  const columns = [
    { title: "Attempt" },
    { title: "Started" },
    { title: "Time" },
    { title: "Files" },
    { title: "Problems" },
  ];
  return section("attempts", "Attempts", table(columns, rows));
}

const order = { fail: 0, xfail: 1, skip: 2, pass: 3 };
/** From here on a box to type in helps. */
const manyChecks = 12;

export function checksSection({ checks }: RunResult): string {
  if (checks.length === 0) return "";
  const rows = [...checks]
    .sort((a, b) => order[a.status] - order[b.status])
    .map((check) => ({
      className: check.status,
      cells: [
        badge(check.status),
        `<b>${escapeHtml(check.id)}</b><br>${escapeHtml(check.title)}`,
        escapeHtml(`${check.measured ?? ""} ${check.unit}`.trim()),
        escapeHtml(String(check.expected ?? "")),
        check.reason && `<span class="why">${escapeHtml(check.reason)}</span>`,
      ],
    }));
  const columns = [
    { title: "Status" },
    { title: "Check", className: "check" },
    { title: "Measured" },
    { title: "Expected" },
    { title: "Why" },
  ];
  const filter =
    checks.length < manyChecks
      ? ""
      : '<p class="filter"><input type="search" id="check-filter" placeholder="Filter the checks" aria-label="Filter the checks"></p>';
  const title = `Checks: ${countsOf(checks)}`;
  return section("checks", title, filter + table(columns, rows));
}

export function variantsSection({ variants = [], checks }: RunResult): string {
  if (variants.length === 0) return "";
  const rows = variants.map(({ name, title, verdict, durationMs, failure }) => {
    const failed = checks.filter(({ status, variant }) => status === "fail" && variant === name);
    const why = [...(failure ? [failure.message] : []), ...failed.map(({ id }) => id)];
    return {
      className: verdict === "fail" || verdict === "error" ? "fail" : "",
      cells: [
        badge(verdict ?? "not run"),
        `<b>${escapeHtml(name)}</b><br>${escapeHtml(title)}`,
        durationMs === undefined ? "" : duration(durationMs),
        why.map(escapeHtml).join("<br>"),
      ],
    };
  });
  const columns = [
    { title: "Verdict" },
    { title: "Variant", className: "check" },
    { title: "Time" },
    { title: "Failure, failed checks" },
  ];
  return section("variants", "Variants", table(columns, rows));
}

export function versionsSection({ versions, accelerator }: RunResult): string {
  const rows = Object.entries({ ...versions, accelerator: accelerator || "not booted" }).map(
    ([name, version]) => ({ cells: [escapeHtml(name), `<code>${escapeHtml(version)}</code>`] }),
  );
  return section(
    "versions",
    "Versions",
    table([{ title: "Component" }, { title: "Version" }], rows),
  );
}

export function section(id: string, title: string, body: string, className = ""): string {
  return `<section id="${id}" class="${className}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escapeHtml(title)}</h2>${body}</section>`;
}
