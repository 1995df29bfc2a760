// SPDX-License-Identifier: MIT
import { type Failure, flakyProblems } from "./fingerprint.ts";
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
}

export function ktap(result: RunResult): string {
  return `${group(testsOf(result)).join("\n")}\n`;
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
    return { ok: verdict === "pass" || verdict === "flaky", name, diagnostics: [], subtests };
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

function group(tests: readonly Test[]): string[] {
  return [
    "KTAP version 1",
    `1..${tests.length}`,
    ...tests.flatMap(({ ok, name, directive, diagnostics, subtests }, index) => [
      ...(subtests ? group(subtests).map((line) => `  ${line}`) : []),
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
