// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type NamedLine, resultLines, type TestGroup, type TestLine } from "../ktap/tree.ts";
import { pattern } from "../scenario/pattern.ts";
import type { SelftestEvidence } from "../steps/selftest.ts";
import { defineChecks } from "./check-kind.ts";
import type { Judgement, NamedResult } from "./findings.ts";
import { evidenceOf, stepOf } from "./step-field.ts";

const reason = z.string().min(1).describe("Why, for reports.");

const schema = z.strictObject({
  of: stepOf("selftest"),
  tests: z
    .int()
    .min(1)
    .optional()
    .describe(
      "How many tests there are, with those that are excluded: a program that ran fewer has failed.",
    ),
  skips: z
    .array(
      z.strictObject({
        test: z.string().describe("The test's name; `*` stands for anything."),
        says: pattern.optional().describe("What the test's own words must match."),
        reason,
      }),
    )
    .default([])
    .describe("Tests that may skip."),
  exclude: z
    .array(z.strictObject({ test: z.string().describe("The test's name."), reason }))
    .default([])
    .describe(
      "Tests that the program was told to leave out; with a matrix each must pass in another variant.",
    ),
});
type Params = z.output<typeof schema>;

const mostLines = 20;

export const selftest = defineChecks({
  kind: "selftest",
  judgesOutcome: true,
  summary:
    "every result line of a test program is a check; one more says that the program ran to its end",
  schema,
  judge: (params, findings) => {
    const evidence = evidenceOf(findings, params.of, "selftest");
    const lines = resultLines(evidence.report);
    const ran = lines.map((line) => judgeLine(line, params));
    const leftOut = params.exclude
      .filter(({ test }) => !lines.some(({ path }) => path.join(".") === test))
      .map(
        ({ test, reason }): NamedResult => ({
          ...{ id: test, title: test, status: "skip", leftOut: true },
          ...{ measured: "left out", expected: "ok in another variant", unit: "", reason },
        }),
      );
    return {
      own: judgeProgram(evidence, params, lines, leftOut.length),
      more: [...ran, ...leftOut],
    };
  },
});

/**
 * What the kselftest harness says of an expectation that was not met. A test that skips after that counts as skipped by it: SKIP()
 * overwrites the failure (tools/testing/selftests/kselftest_harness.h).
 */
const unmetExpectation = /^\s*#\s*[\w./-]+:\d+:\w+:Expected \S/;

function judgeLine({ path, line }: NamedLine, params: Params): NamedResult {
  const id = path.join(".");
  const said = `${line.ok ? "ok" : "not ok"}${line.directive ? ` # ${line.directive}` : ""}`;
  const common = { id, title: id, measured: said, expected: "ok", unit: "" };
  const lines = line.output.slice(-mostLines);
  if (line.directive === undefined) {
    if (line.ok) return { ...common, status: "pass", reason: "" };
    return { ...common, status: "fail", reason: line.diagnostic || firstComplaint(line), lines };
  }
  if (!["SKIP", "TODO", "XFAIL"].includes(line.directive)) {
    return {
      ...common,
      status: "fail",
      reason: `${line.directive} ${line.diagnostic}`.trim(),
      lines,
    };
  }
  const unmet = line.output.find((text) => unmetExpectation.test(text));
  if (line.directive === "SKIP" && unmet !== undefined) {
    const told = unmet.replace(/^\s*#\s*/, "");
    return { ...common, status: "fail", reason: `it failed before it skipped: ${told}`, lines };
  }
  const words = line.diagnostic || "no reason given";
  const rules = params.skips.filter(({ test }) => matches(test, id));
  const rule = rules.find(({ says }) => says === undefined || new RegExp(says).test(words));
  if (rule) return { ...common, status: "skip", reason: `${rule.reason} (${words})` };
  const why = rules[0]
    ? `it may skip only when it says /${rules[0].says}/, it said: ${words}`
    : `no skip rule allows it to skip: ${words}`;
  return { ...common, status: "fail", reason: why, lines };
}

/** The first thing that a test complained about; the kselftest harness's own lines say nothing of that. */
function firstComplaint(line: TestLine): string {
  const failed = line.subtests?.tests.filter((inner) => !inner.ok).map((inner) => inner.name);
  if (failed?.length) return `failed within: ${failed.join(", ")}`;
  const telling = line.output.filter(
    (text) => !/^\s*#\s+(?:RUN|OK|FAIL|SKIP|Starting \d+ tests)\b/.test(text),
  );
  return telling[0]?.trim() || line.output.at(-1)?.trim() || "the test gave no reason";
}

/** `*` stands for any text; everything else for itself. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

/** Whether the program ran to its end, kept its plan, and told of every test. */
function judgeProgram(
  { report, status, signal, ms, format }: SelftestEvidence,
  params: Params,
  lines: readonly NamedLine[],
  leftOut: number,
): Judgement {
  const problems: string[] = [];
  const count = report.tests.length;
  if (status === undefined) {
    const why = signal === undefined ? ", its time limit" : `, by ${signal}`;
    problems.push(`the program was killed after ${(ms / 1000).toFixed(1)} s${why}`);
  }
  if (report.bailOut !== undefined) problems.push(`the program bailed out: ${report.bailOut}`);
  problems.push(...incomplete(report, ""), ...report.problems);
  if (report.unfinished) {
    const names = report.unfinished.tests.map((test) => test.name).join(", ") || "none";
    problems.push(`subtests without their test's result: ${names}`);
    problems.push(...incomplete(report.unfinished, "the unfinished test: "));
  }
  if (count === 0) {
    const said = report.planSkip ?? report.trailing.slice(-3).join(" / ");
    problems.push(`no test reported a result${said ? `; the program said: ${said}` : ""}`);
  }
  if (format === "ktap" && report.plan === undefined && params.tests === undefined) {
    problems.push("no plan line (1..N) says how many tests there are");
  }
  if (params.tests !== undefined && count + leftOut !== params.tests) {
    problems.push(`${count} tests reported and ${leftOut} are excluded, expected ${params.tests}`);
  }
  // A program's status must fit its lines: one that fails in silence has still failed.
  const anyFailed = lines.some(({ line }) => !line.ok && line.directive === undefined);
  if (status !== undefined && status !== 0 && !anyFailed) {
    problems.push(`the program ended with status ${status} though no line says "not ok"`);
  }
  if (problems.length > 0 && report.trailing.length > 0 && count > 0) {
    problems.push(`its last words: ${report.trailing.slice(-3).join(" / ")}`);
  }
  const ended = status === undefined ? (signal ?? "killed") : `status ${status}`;
  return {
    measured: `${count} results, ${ended}`,
    expected: `${params.tests === undefined ? "" : `${params.tests - leftOut} results, `}all of the plan`,
    reason: problems.length > 0 ? problems.join("; ") : undefined,
  };
}

/** Tests that a plan promised and that did not report, here and in subtests. */
function incomplete(group: TestGroup, where: string): string[] {
  const { plan, tests } = group;
  const missing = (plan ?? 0) - tests.length;
  const here =
    missing > 0
      ? [
          `${where}${missing} of ${plan} tests did not report (number ${numbers(tests.length, plan ?? 0)})`,
        ]
      : [];
  return [
    ...here,
    ...tests.flatMap((test) => (test.subtests ? incomplete(test.subtests, `${test.name}: `) : [])),
  ];
}

function numbers(reported: number, plan: number): string {
  return reported + 1 === plan ? String(plan) : `${reported + 1} to ${plan}`;
}
