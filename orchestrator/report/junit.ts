// SPDX-License-Identifier: MIT
import { failuresOf, flakyProblems } from "./fingerprint.ts";
import { kernelErrorLines, ofVariant } from "./kernel-errors.ts";
import { fileReport } from "./report.ts";
import type { Check, RunResult } from "./result.ts";
import { compared, expectationText } from "./summary.ts";

/** Each variant is a suite, each check a case, and a run that broke off one case more. */
export const junitReport = fileReport("junit.xml", ({ result }) => junitXml([result]));

interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: string;
  readonly kind: "pass" | "fail" | "error" | "skip";
}

interface Suite {
  readonly name: string;
  /** The variant that it is of; undefined for what belongs to the whole run. */
  readonly variant?: string;
  /** What its cases come from; of what is missing there is none. */
  readonly result?: RunResult;
  readonly seconds: number;
  readonly cases: readonly Case[];
}

/**
 * JUnit XML as GitHub's and Jenkins' readers take it: suites in one document, times in seconds. What was to be there and is not,
 * a line each in `missing`, is an error: a reader who counts sees that the whole is no pass.
 */
export function junitXml(results: readonly RunResult[], missing: readonly string[] = []): string {
  const suites = [...results.flatMap(suitesOf), ...missingSuite(missing)];
  const all = suites.flatMap(({ cases }) => cases);
  const seconds = results.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    // Jenkins' schema has no count of skipped cases for all suites together.
    `<testsuites name="ntb-edma-lab" ${numbers(all, seconds)}>`,
    ...suites.flatMap(suiteLines),
    "</testsuites>",
    "",
  ].join("\n");
}

function suitesOf(result: RunResult): Suite[] {
  const { scenario, variants = [], skipped } = result;
  const spent = new Set<string>();
  const cases = (name: string | undefined) => [
    ...result.checks
      .filter(({ variant }) => variant === name)
      .map((check) => checkCase(check, result, spent)),
    ...failureCases(result, name),
    ...(name === undefined ? flakyCases(result) : []),
    ...(name === undefined && skipped !== undefined ? [skippedCase("run", skipped)] : []),
  ];
  const whole = cases(undefined);
  const ofVariants = variants.map(({ name, durationMs = 0 }) => ({
    name: `${scenario}.${name}`,
    variant: name,
    result,
    seconds: durationMs / 1000,
    cases: cases(name),
  }));
  if (variants.length > 0 && whole.length === 0) return ofVariants;
  return [
    {
      name: scenario,
      result,
      seconds: variants.length > 0 ? 0 : result.durationMs / 1000,
      cases: whole,
    },
    ...ofVariants,
  ];
}

function missingSuite(missing: readonly string[]): Suite[] {
  if (missing.length === 0) return [];
  const cases = missing.map((text): Case => {
    const outcome = `<error message="${xml(text)}" type="missing"/>`;
    return { name: text, seconds: 0, kind: "error", outcome };
  });
  return [{ name: "missing", seconds: 0, cases }];
}

function suiteLines({ name, variant, result, seconds, cases }: Suite): string[] {
  const said = result === undefined ? [] : kernelErrorLines(ofVariant(result, variant));
  const started = (result?.started ?? new Date().toISOString()).replace(/(?:\.\d+)?Z$/, "");
  const properties = result === undefined ? [["verdict", "error"]] : propertiesOf(result);
  return [
    `  <testsuite name="${xml(name)}" timestamp="${xml(started)}" hostname="localhost" ${numbers(cases, seconds)} skipped="${count(cases, "skip")}">`,
    "    <properties>",
    ...properties.map(
      ([key = "", value = ""]) => `      <property name="${xml(key)}" value="${xml(value)}"/>`,
    ),
    "    </properties>",
    ...cases.map(
      (one) =>
        `    <testcase classname="${xml(name)}" name="${xml(one.name)}" time="${one.seconds.toFixed(3)}">${one.outcome}</testcase>`,
    ),
    ...(said.length === 0 ? [] : [`    <system-err>${xml(said.join("\n"))}</system-err>`]),
    "  </testsuite>",
  ];
}

function propertiesOf(result: RunResult): [string, string][] {
  const { versions, accelerator, verdict, reproduce, attempts } = result;
  const expectation = expectationText(result);
  return [
    ...(expectation === undefined ? [] : [["expectation", expectation] satisfies [string, string]]),
    ["verdict", verdict],
    ["accelerator", accelerator],
    ["clock", result.clock],
    ...(result.jobs === undefined
      ? []
      : [["jobs", String(result.jobs)] satisfies [string, string]]),
    ...(result.seed === undefined
      ? []
      : [["seed", String(result.seed)] satisfies [string, string]]),
    ...(attempts ? [["attempts", String(attempts.length)] satisfies [string, string]] : []),
    ...(reproduce === undefined ? [] : [["reproduce", reproduce] satisfies [string, string]]),
    ...Object.entries(versions).map(([name, version]): [string, string] => [
      `version.${name}`,
      version,
    ]),
  ];
}

function numbers(cases: readonly Case[], seconds: number): string {
  return `tests="${cases.length}" failures="${count(cases, "fail")}" errors="${count(cases, "error")}" time="${seconds.toFixed(3)}"`;
}

function count(cases: readonly Case[], kind: Case["kind"]): number {
  return cases.filter((item) => item.kind === kind).length;
}

/** A step's time is that of its first check: what readers add up is the time that was spent. */
function checkCase(check: Check, { steps }: RunResult, spent: Set<string>): Case {
  const { id, step, status } = check;
  const took = steps.find((one) => one.id === step)?.durationMs ?? 0;
  const seconds = step === undefined || spent.has(step) ? 0 : took / 1000;
  if (step !== undefined) spent.add(step);
  if (status === "pass") return { name: id, seconds, kind: status, outcome: "" };
  if (status === "skip") return skippedCase(id, check.reason, seconds);
  if (status === "xfail") return skippedCase(id, `failed as expected: ${check.reason}`, seconds);
  const head = { name: id, seconds, kind: status };
  const text = [check.title, compared(check), ...(check.lines ?? [])].join("\n");
  return {
    ...head,
    outcome: `<failure message="${xml(check.reason)}" type="check">${xml(text)}</failure>`,
  };
}

function skippedCase(name: string, reason: string, seconds = 0): Case {
  return { name, seconds, kind: "skip", outcome: `<skipped message="${xml(reason)}"/>` };
}

/** Where the run, or the variant of this name, broke off. */
function failureCases(result: RunResult, name: string | undefined): Case[] {
  const found = failuresOf(result).find(({ variant }) => variant === name);
  if (!found) return [];
  const title = `run: ${found.phase}`;
  if (found.expected) return [skippedCase(title, `failed as expected: ${found.message}`)];
  const kind = result.verdict === "error" ? "error" : "fail";
  const tag = kind === "error" ? "error" : "failure";
  const later = (found.followedBy ?? []).flatMap(({ message, excerpt }) => [
    { title: `followed by ${message}`, lines: [] },
    excerpt,
  ]);
  const lines = [...found.excerpt, ...later].flatMap(({ title, lines }) => [`${title}:`, ...lines]);
  const outcome = `<${tag} message="${xml(found.message)}" type="run">${xml(lines.join("\n"))}</${tag}>`;
  return [{ name: title, seconds: 0, outcome, kind }];
}

/** A run that is flaky, and fails for that, has no other case that does. */
function flakyCases(result: RunResult): Case[] {
  const problems = flakyProblems(result);
  if (problems.length === 0) return [];
  const outcome = `<failure message="passed only when made again" type="flaky">${xml(problems.join("\n"))}</failure>`;
  return [{ name: "run: flaky", seconds: 0, kind: "fail", outcome }];
}

/** Escapes text for XML 1.0, which has no way at all to hold most control characters. */
export function xml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\u{fffd}");
}
