// SPDX-License-Identifier: MIT
import type { Check, RunResult } from "./result.ts";

/** `1.2 s`, `73 s`. */
export function duration(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** A number for people: four digits, and large counts in full. */
export function figure(value: number): string {
  return Math.abs(value) >= 1000 || Number.isInteger(value)
    ? String(Math.round(value))
    : value.toPrecision(3);
}

/** The end of a run, as plain lines for a terminal or a mail: what failed first, then checks and metrics. */
export function summaryLines(result: RunResult, out: string): string[] {
  return [
    ...failureLines(result),
    ...checkLines(result),
    ...metricLines(result),
    "",
    `${result.verdict.toUpperCase()} ${result.scenario} in ${duration(result.durationMs)}, exit status ${result.exitStatus}`,
    `report: ${out}/report.html`,
  ];
}

function failureLines({ failure }: RunResult): string[] {
  if (!failure) return [];
  const excerpts = failure.excerpt.flatMap(({ title, lines, file }) => [
    `  ${title}:`,
    ...lines.map((line) => `    | ${line}`),
    ...(file ? [`    whole log: ${file}`] : []),
  ]);
  return ["", `${failure.phase}: ${failure.message}`, ...excerpts];
}

/** What a check found beside what it wanted. */
export function compared({ measured, expected, unit }: Check): string {
  return `measured ${measured ?? "nothing"}${unit ? ` ${unit}` : ""}, expected ${expected ?? "nothing"}`;
}

function checkLines({ checks }: RunResult): string[] {
  if (checks.length === 0) return [];
  return [
    "",
    "Checks",
    ...checks.flatMap((check) => {
      const head = `  ${check.status.toUpperCase()}  ${check.id}: ${check.title}`;
      const unit = check.unit ? ` ${check.unit}` : "";
      const compared = `        measured ${check.measured}${unit}; expected ${check.expected}`;
      if (check.status === "pass") return [head, compared];
      if (check.status === "skip") return [head, `        ${check.reason}`];
      return [head, compared, `        ${check.reason}`];
    }),
  ];
}

function metricLines({ metrics }: RunResult): string[] {
  if (metrics.length === 0) return [];
  const width = Math.max(...metrics.map((metric) => metric.name.length));
  return [
    "",
    "Metrics (median of samples)",
    ...metrics.map(({ name, unit, samples, median }) => {
      const range =
        samples.length > 1
          ? `  (${samples.length} samples, ${figure(Math.min(...samples))} to ${figure(Math.max(...samples))})`
          : "";
      return `  ${name.padEnd(width)}  ${figure(median)}${unit === "1" ? "" : ` ${unit}`}${range}`;
    }),
  ];
}
