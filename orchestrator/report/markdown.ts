// SPDX-License-Identifier: MIT
import { type Digest, digestOf } from "./compare.ts";
import { fingerprintOf, problemsOf } from "./fingerprint.ts";
import { failingSince } from "./history.ts";
import { headline, type Merged, notPassed } from "./merge.ts";
import type { MergedRun } from "./merged-run.ts";
import { duration, expectationText } from "./summary.ts";

const order = { fail: 0, error: 1, flaky: 2, skip: 3, pass: 4 };
const signs = { pass: "✅", fail: "❌", error: "⚠️", flaky: "🔁", skip: "⏭️" };
/** GitHub takes no more than a mebibyte of summary, and 64 KiB of issue. */
const mostText = 2000;

/** Many runs as Markdown, for the summary of a CI job: a table, then what did not pass. */
export function markdown(merged: Merged, history: readonly Digest[]): string {
  const { runs, missing, news, turnout } = merged;
  const bad = notPassed(runs);
  return `${[
    `## ${headline(runs)}`,
    ...(turnout === undefined ? [] : [`${turnout}.`]),
    ...listOf(missing, "⚠️"),
    ...listOf(news, "ℹ️"),
    tableOf(runs),
    ...bad.map((run) => failureOf(run, history)),
  ].join("\n\n")}\n`;
}

function listOf(texts: readonly string[], sign: string): string[] {
  return texts.length === 0 ? [] : [texts.map((text) => `- ${sign} ${inline(text)}`).join("\n")];
}

/** The issue of a night that did not pass; undefined if it passed. Its marker finds the issue again. */
export function nightlyIssue(
  merged: Merged,
  history: readonly Digest[],
): { title: string; body: string; fingerprints: string[] } | undefined {
  if (merged.exitStatus === 0) return undefined;
  const bad = notPassed(merged.runs);
  const names = [...new Set(bad.map(({ result }) => result.scenario))];
  const fingerprints = [...new Set(bad.flatMap(({ result }) => fingerprintOf(result) ?? []))];
  return {
    title: `Nightly: ${names.length > 0 ? names.join(", ") : "results are missing"}`.slice(0, 120),
    body: [
      ...merged.missing.map((text) => `- ${inline(text)}`),
      ...bad.map((run) => failureOf(run, history)),
    ].join("\n\n"),
    fingerprints,
  };
}

function tableOf(runs: readonly MergedRun[]): string {
  const rows = [...runs]
    .sort((a, b) => order[a.result.verdict] - order[b.result.verdict])
    .map(({ label, result }) => {
      const { verdict, scenario, checks, durationMs, versions, jobs } = result;
      const count = (status: string) => checks.filter((check) => check.status === status).length;
      const numbers = `${count("pass")} / ${count("fail")} / ${count("skip")}`;
      const cells = [
        `${signs[verdict]} ${verdict}${result.expectation?.met ? " (failed as expected)" : ""}`,
        inline(label === "" ? scenario : `${scenario} (${label})`),
        numbers,
        `${duration(durationMs)}${jobs === undefined ? "" : ` (${jobs} at a time)`}`,
        inline([versions.kernel, versions.kernelPatches].filter(Boolean).join(": ")),
      ];
      return `| ${cells.join(" | ")} |`;
    });
  return [
    "| verdict | scenario | passed / failed / skipped | time | kernel |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function failureOf({ label, result }: MergedRun, history: readonly Digest[]): string {
  const { scenario, verdict, reproduce, attempts = [] } = result;
  const fingerprint = fingerprintOf(result);
  const problems = problemsOf(result).map(
    ({ what, message }) => `- **${inline(what)}**: ${inline(message)}`,
  );
  const earlier = attempts.flatMap(({ problems: found }, index) =>
    found.map((text) => `- attempt ${index + 1}: ${inline(text)}`),
  );
  const expectation = expectationText(result);
  const excerpt = result.failure?.excerpt[0];
  return [
    `### ${signs[verdict]} ${inline(scenario)}${label === "" ? "" : ` (${inline(label)})`}`,
    [...problems, ...earlier].join("\n"),
    ...(expectation === undefined ? [] : [`It ${inline(expectation)}.`]),
    ...(excerpt ? [fenced(excerpt.lines.join("\n"))] : []),
    ...(fingerprint === undefined
      ? []
      : [
          `Fingerprint \`${fingerprint}\`, failing so since ${failingSince(history, digestOf(result, label))}.`,
        ]),
    ...(reproduce === undefined ? [] : [`To see it at home:\n\n${fenced(reproduce)}`]),
  ].join("\n\n");
}

/** Text of a guest as text of a line: nothing in it is Markdown, HTML or a mention. */
function inline(text: string): string {
  return cut(text)
    .replace(/\p{Cc}/gu, " ")
    .replace(/[\\`*_[\]#!|<>~&@$]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** A fence longer than any in the text. */
function fenced(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}text\n${cut(text).replace(/[^\P{Cc}\n]/gu, " ")}\n${fence}`;
}

function cut(text: string): string {
  return text.length > mostText ? `${text.slice(0, mostText)} ...` : text;
}
