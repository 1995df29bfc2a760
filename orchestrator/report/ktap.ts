// SPDX-License-Identifier: MIT
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reporter } from "./events.ts";
import type { Check, RunResult } from "./result.ts";
import { compared } from "./summary.ts";

/** Writes result.ktap: KTAP version 1 (Documentation/dev-tools/ktap.rst of the kernel); each variant is a test with subtests. */
export function ktapReporter(): Reporter {
  return {
    name: "result.ktap",
    on: async (event) => {
      if (event.type !== "run-finished") return;
      await writeFile(join(event.out, "result.ktap"), ktap(event.result));
    },
  };
}

interface Test {
  readonly ok: boolean;
  readonly name: string;
  readonly skip?: string;
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
    if (verdict === undefined) return { ok: true, name, skip: "not run", diagnostics: [] };
    return { ok: verdict === "pass" || verdict === "flaky", name, diagnostics: [], subtests };
  });
  const whole = checks.filter(({ variant }) => variant === undefined).map(checkTest);
  const broken = failure && failure.variant === undefined ? [failureTest(failure)] : [];
  return [...ofVariants, ...whole, ...broken];
}

function checkTest(check: Check): Test {
  const { id, status, reason, lines = [] } = check;
  if (status === "skip") return { ok: true, name: id, skip: reason, diagnostics: [] };
  const ok = status === "pass";
  return { ok, name: id, diagnostics: ok ? [] : [compared(check), reason, ...lines] };
}

function failureTest({ phase, message, excerpt }: NonNullable<RunResult["failure"]>): Test {
  const evidence = excerpt.flatMap(({ title, lines }) => [`${title}:`, ...lines]);
  return { ok: false, name: `run: ${phase}`, diagnostics: [message, ...evidence] };
}

function group(tests: readonly Test[]): string[] {
  return [
    "KTAP version 1",
    `1..${tests.length}`,
    ...tests.flatMap(({ ok, name, skip, diagnostics, subtests }, index) => [
      ...(subtests ? group(subtests).map((line) => `  ${line}`) : []),
      ...diagnostics.flatMap((text) => text.split("\n")).map((line) => `# ${oneLine(line)}`),
      `${ok ? "ok" : "not ok"} ${index + 1} ${nameOf(name)}${skip === undefined ? "" : ` # SKIP ${oneLine(skip)}`}`,
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
