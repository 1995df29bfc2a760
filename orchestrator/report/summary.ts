// SPDX-License-Identifier: MIT
import { failuresOf, fingerprintOf, problemsOf, wasInterrupted } from "./fingerprint.ts";
import { kernelErrorLines } from "./kernel-errors.ts";
import { quantities } from "./quantity.ts";
import type { Check, Excerpt, KernelLog, RunResult } from "./result.ts";

/** `1.2 s`, `73 s`, `27 min`. */
export function duration(ms: number): string {
  if (ms >= 600_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/**
 * By which clock a run's times and rates are, for an emulated machine has more than one; and whether other runs were made on
 * the machine at the same time.
 */
export function clockText({ clock, jobs }: Pick<RunResult, "clock" | "jobs">): string {
  const by = { wall: "by the wall clock" }[clock];
  return jobs === undefined ? by : `${by}, beside other runs, ${jobs} at a time`;
}

/** What a check found beside what it wanted. */
export function compared({ measured, expected, unit }: Check): string {
  const found = measured === null ? "nothing" : `${measured} ${unit}`.trim();
  return `measured ${found}, expected ${expected ?? "nothing"}`;
}

/** `pass`, `fail` and so on, for a terminal in colour. */
export type Paint = (status: string, text: string) => string;

/**
 * The end of a run, as plain lines: a table of checks, metrics, and last, right above the verdict where the eye lands,
 * what failed with its evidence.
 */
export function summaryLines(
  result: RunResult,
  out: string,
  paint: Paint = (_, text) => text,
): string[] {
  return [
    ...checkTable(result, paint),
    ...metricLines(result),
    ...errorLines(result),
    ...failedCheckLines(result, paint),
    ...failureLines(result, paint),
    ...kernelLogLines(result),
    "",
    ...verdictLines(result, out, paint),
  ];
}

/** `3 passed, 1 failed, 0 skipped`, and how many failed as expected where some did. */
export function countsOf(checks: readonly Check[]): string {
  const count = (status: Check["status"]) =>
    checks.filter((check) => check.status === status).length;
  const expected = count("xfail") > 0 ? `, ${count("xfail")} failed as expected` : "";
  return `${count("pass")} passed, ${count("fail")} failed, ${count("skip")} skipped${expected}`;
}

/** What a scenario of a known bug expected of this run, as a sentence; undefined for any other scenario. */
export function expectationText({ expectation }: RunResult): string | undefined {
  if (!expectation) return undefined;
  const { fails, report, met, differs = [] } = expectation;
  const where = report === undefined ? "" : `, see ${report}`;
  if (met) return `failed as expected (${fails}${where})`;
  const how = differs.length === 0 ? "" : `: ${differs.join("; ")}`;
  return `expected a failure that did not come so (${fails}${where})${how}`;
}

/** From so many passed checks on, only their number is told. */
const manyPassed = 40;
const most = { id: 64, measured: 36, expected: 36 };

function checkTable({ checks, skipped }: RunResult, paint: Paint): string[] {
  if (checks.length === 0 || skipped !== undefined) return [];
  const of = (status: Check["status"]) => checks.filter((check) => check.status === status);
  const shown =
    of("pass").length >= manyPassed ? checks.filter(({ status }) => status !== "pass") : checks;
  const cells = shown.map((check) => ({
    check,
    id: shortened(check.id, most.id),
    measured: shortened(oneLine(`${check.measured ?? ""} ${check.unit}`.trim()), most.measured),
    expected: shortened(oneLine(String(check.expected ?? "")), most.expected),
  }));
  const width = (key: "id" | "measured") => Math.max(...cells.map((cell) => cell[key].length), 0);
  return [
    "",
    `Checks: ${countsOf(checks)}`,
    ...cells.map(({ check, id, measured, expected }) => {
      const word = check.status === "fail" ? "FAIL" : check.status;
      const values =
        check.status === "skip"
          ? oneLine(check.reason)
          : `${measured.padEnd(width("measured"))}  expected ${expected}`;
      return `  ${paint(check.status, word)}  ${id.padEnd(width("id"))}  ${values}`.trimEnd();
    }),
  ];
}

function failedCheckLines({ checks }: RunResult, paint: Paint): string[] {
  return checks
    .filter((check) => check.status === "fail")
    .flatMap((check) => [
      "",
      `${paint("fail", "FAIL")} ${check.id}: ${check.title}`,
      ...indented(check.reason),
      ...indented(compared(check)),
      ...(check.lines ?? []).map((line) => `    | ${line}`),
    ]);
}

function failureLines(result: RunResult, paint: Paint): string[] {
  return failuresOf(result).flatMap((failure) => {
    const { phase, message, excerpt, variant, expected, followedBy = [] } = failure;
    const place = variant === undefined ? phase : `${variant}: ${phase}`;
    const where = expected ? `${place} (expected)` : place;
    const status = expected ? "xfail" : "fail";
    return [
      ...["", ...told(paint(status, where), message)],
      ...excerpt.flatMap(excerptLines),
      ...followedBy.flatMap((later) => [
        ...["", ...told(paint(status, "followed by"), later.message)],
        ...excerptLines(later.excerpt),
      ]),
    ];
  });
}

function told(head: string, message: string): string[] {
  const [first = "", ...more] = message.split("\n");
  return [`${head}: ${first}`, ...more.flatMap(indented)];
}

function excerptLines({ title, lines, file }: Excerpt): string[] {
  return [
    `  ${title}:`,
    ...lines.map((line) => `    | ${line}`),
    ...(file ? [`    whole log: ${file}`] : []),
  ];
}

/** What kernels logged at error level: whoever sees a run pass sees that, too. */
function errorLines(result: RunResult): string[] {
  const lines = kernelErrorLines(result);
  return lines.length === 0 ? [] : ["", "Kernel errors", ...lines.map((line) => `  ${line}`)];
}

/** So many lines of each kernel are told below a failure; report.html has the others. */
const mostLogged = 20;

/** What else the kernels had to say, where something went wrong: the cause is often among it. */
export function kernelLogLines(result: RunResult): string[] {
  if (problemsOf(result).length === 0) return [];
  return (result.kernelLogs ?? []).flatMap((log) => {
    if (log.lines.length === 0 && log.note === undefined) return [];
    const shown = log.lines.slice(-mostLogged);
    const left = log.lines.length - shown.length;
    return [
      ...["", `${kernelLogTitle(log)}:`],
      ...(log.note === undefined ? [] : [`  ${log.note}`]),
      ...(left > 0 ? [`  ${left} earlier lines are in report.html`] : []),
      ...shown.map(({ level, text }) => `    | ${(level ?? "").padEnd(7)} ${text}`),
    ];
  });
}

/** What the verdict says nothing about; undefined where there is nothing to tell. */
export function unseenText({ unseen = [] }: RunResult): string | undefined {
  if (unseen.length === 0) return undefined;
  return `Not looked for, and so not seen on these kernels: ${unseen.join("; ")}.`;
}

/** `host VM: 3 messages at warning level or above since it booted`. */
export function kernelLogTitle({ role, variant, lines }: KernelLog): string {
  const count = lines.length === 1 ? "1 message" : `${lines.length} messages`;
  const where = variant === undefined ? "" : `${variant}: `;
  const what = lines.some(({ level }) => level === null)
    ? "that are at warning level or above, or speak of trouble,"
    : "at warning level or above";
  return `${where}${role} VM: ${count} ${what} since it booted`;
}

function verdictLines(result: RunResult, out: string, paint: Paint): string[] {
  const { verdict, scenario, durationMs, exitStatus, reproduce, attempts = [], skipped } = result;
  const fingerprint = fingerprintOf(result);
  const passed = attempts.filter((attempt) => attempt.verdict === "pass").length;
  const tries = attempts.length > 1 ? `, ${passed} of ${attempts.length} runs passed` : "";
  const expectation = expectationText(result);
  const word = wasInterrupted(result) ? "INTERRUPTED" : verdict.toUpperCase();
  return [
    `${paint(verdict, word)} ${scenario} in ${duration(durationMs)}${tries}, exit status ${exitStatus}`,
    ...(skipped === undefined ? [] : [`not run: ${skipped}`]),
    ...patchesLines(result),
    ...(expectation === undefined ? [] : [`${scenario} ${expectation}`]),
    ...(verdict === "pass" || verdict === "skip" || reproduce === undefined
      ? []
      : [`again:  ${reproduce}`]),
    ...(fingerprint === undefined ? [] : [`fingerprint: ${fingerprint}`]),
    `report: ${out}/report.html`,
  ];
}

/** A verdict on a patched kernel is none on the kernel. */
function patchesLines({ versions }: RunResult): string[] {
  const { kernelPatches } = versions;
  return kernelPatches === undefined ? [] : [`on the kernel: ${kernelPatches}`];
}

function metricLines(result: RunResult): string[] {
  const { metrics } = result;
  if (metrics.length === 0) return [];
  const width = Math.max(...metrics.map((metric) => metric.name.length));
  return [
    "",
    `Metrics (medians of samples; times and rates ${clockText(result)}${metrics.some(({ clock }) => clock) ? " unless they say otherwise" : ""})`,
    ...metrics.map(({ name, unit, samples, median, clock }) => {
      const shown = quantities([median, Math.min(...samples), Math.max(...samples)], unit);
      const [middle, least, most] = shown.texts;
      const range = samples.length > 1 ? `  (${samples.length} samples, ${least} to ${most})` : "";
      const other = clock ? `  (${clock} time)` : "";
      return `  ${name.padEnd(width)}  ${middle} ${shown.unit}`.trimEnd() + other + range;
    }),
  ];
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

/** A row of a table is a line: that there were several is told as a program would write it. */
function oneLine(text: string): string {
  return text.replaceAll("\n", "\\n");
}

/** Text of any number of lines, below what it belongs to. */
function indented(text: string): string[] {
  return text.split("\n").map((line) => `  ${line}`);
}
