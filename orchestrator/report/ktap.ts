// SPDX-License-Identifier: MIT
import { type Failure, flakyProblems } from "./fingerprint.ts";
import { kernelErrorLines, ofVariant } from "./kernel-errors.ts";
import { fileReport } from "./report.ts";
import type { Check, RunResult } from "./result.ts";
import { compared } from "./summary.ts";

/** KTAP version 1 (Documentation/dev-tools/ktap.rst of the kernel); each variant is a test with subtests. */
export const ktapReport = fileReport("result.ktap", ({ result }) => ktap(result));

interface Test {
  readonly ok: boolean;
  readonly name: string;
  /** `SKIP` or `XFAIL`, and why. */
  readonly directive?: string;
  readonly diagnostics: readonly string[];
  readonly subtests?: readonly Test[];
  /** What is said of all subtests, before the first. */
  readonly preface?: readonly string[];
}

export function ktap(result: RunResult): string {
  const whole = errorsIn(result, undefined);
  return `${group(testsOf(result), whole).join("\n")}\n`;
}

function testsOf(result: RunResult): Test[] {
  const { variants = [], failure, checks } = result;
  const ofVariants = variants.map(({ name, verdict, failure: own }): Test => {
    const mine = checks.filter(({ variant }) => variant === name).map(checkTest);
    const subtests = own ? [...mine, failureTest(own)] : mine;
    if (verdict === undefined) {
      return {
        ok: true,
        name,
        directive: "SKIP not run",
        diagnostics: [],
        ...(mine.length > 0 ? { subtests } : {}),
      };
    }
    const preface = errorsIn(result, name);
    const ok = verdict === "pass" || verdict === "flaky";
    return { ok, name, diagnostics: [], subtests, preface };
  });
  const whole = checks.filter(({ variant }) => variant === undefined).map(checkTest);
  const broken = failure && failure.variant === undefined ? [failureTest(failure)] : [];
  const skipped =
    result.skipped === undefined ? [] : [skippedTest(result.scenario, result.skipped)];
  const problems = flakyProblems(result);
  // It fails for that, and in nothing else that is told here.
  const flaky =
    problems.length === 0 ? [] : [{ ok: false, name: "run: flaky", diagnostics: problems }];
  return [...ofVariants, ...whole, ...broken, ...flaky, ...skipped];
}

function checkTest(check: Check): Test {
  const { id, status, reason, lines = [] } = check;
  if (status === "skip") return skippedTest(id, reason);
  if (status === "pass") return { ok: true, name: id, diagnostics: [] };
  const diagnostics = [compared(check), reason, ...lines];
  // As the kernel's selftests have it: a failure that was expected does not fail.
  if (status === "xfail") return { ok: true, name: id, directive: "XFAIL", diagnostics };
  return { ok: false, name: id, diagnostics };
}

function skippedTest(name: string, reason: string): Test {
  return { ok: true, name, directive: `SKIP ${reason}`, diagnostics: [] };
}

function failureTest({ phase, message, excerpt, expected, followedBy = [] }: Failure): Test {
  const evidence = [
    ...excerpt,
    ...followedBy.flatMap((later) => [
      { title: `followed by ${later.message}`, lines: [] },
      later.excerpt,
    ]),
  ].flatMap(({ title, lines }) => [`${title}:`, ...lines]);
  const test = { name: `run: ${phase}`, diagnostics: [message, ...evidence] };
  return expected ? { ok: true, ...test, directive: "XFAIL" } : { ok: false, ...test };
}

/** What kernels logged at error level fails no test: it is told as a diagnostic. */
function errorsIn(result: RunResult, variant: string | undefined): string[] {
  return kernelErrorLines(ofVariant(result, variant));
}

function group(tests: readonly Test[], preface: readonly string[] = []): string[] {
  return [
    "KTAP version 1",
    `1..${tests.length}`,
    ...preface.map((line) => `# ${oneLine(line)}`),
    ...tests.flatMap(({ ok, name, directive, diagnostics, subtests, preface: own }, index) => [
      ...(subtests ? group(subtests, own).map((line) => `  ${line}`) : []),
      ...diagnostics.flatMap((text) => text.split("\n")).map((line) => `# ${oneLine(line)}`),
      `${ok ? "ok" : "not ok"} ${index + 1} ${nameOf(name)}${directive === undefined ? "" : ` # ${oneLine(directive)}`}`,
    ]),
  ];
}

/** A `#` in a description would begin a directive. */
function nameOf(text: string): string {
  return oneLine(text).replaceAll("#", "_").trim();
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
