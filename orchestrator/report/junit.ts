// SPDX-License-Identifier: MIT
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reporter } from "./events.ts";
import type { RunResult } from "./result.ts";

/** Writes junit.xml: the scenario is a suite, each check a case, and a run that broke off one case more. */
export function junitReporter(): Reporter {
  return {
    name: "junit.xml",
    on: async (event) => {
      if (event.type !== "run-finished") return;
      await writeFile(join(event.out, "junit.xml"), junitXml(event.result));
    },
  };
}

interface Case {
  readonly name: string;
  readonly outcome: string;
  readonly kind: "pass" | "fail" | "error" | "skip";
}

export function junitXml(result: RunResult): string {
  const cases = [...result.checks.map(checkCase), ...failureCases(result)];
  const count = (kind: Case["kind"]) => cases.filter((item) => item.kind === kind).length;
  const seconds = (result.durationMs / 1000).toFixed(3);
  const numbers = `tests="${cases.length}" failures="${count("fail")}" errors="${count("error")}" skipped="${count("skip")}" time="${seconds}"`;
  const body = cases.map(
    ({ name, outcome }) =>
      `    <testcase classname="${xml(result.scenario)}" name="${xml(name)}" time="0">${outcome}</testcase>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${numbers}>`,
    `  <testsuite name="${xml(result.scenario)}" timestamp="${xml(result.started)}" ${numbers}>`,
    ...body,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function checkCase(check: RunResult["checks"][number]): Case {
  const name = `${check.id}: ${check.title}`;
  if (check.status === "pass") return { name, outcome: "", kind: "pass" };
  if (check.status === "skip") {
    return { name, outcome: `<skipped message="${xml(check.reason)}"/>`, kind: "skip" };
  }
  const compared = `measured ${check.measured ?? "nothing"} ${check.unit}, expected ${check.expected ?? ""}`;
  const outcome = `<failure message="${xml(check.reason)}">${xml(compared)}</failure>`;
  return { name, outcome, kind: "fail" };
}

function failureCases({ failure, verdict }: RunResult): Case[] {
  if (!failure) return [];
  const kind = verdict === "error" ? "error" : "fail";
  const tag = kind === "error" ? "error" : "failure";
  const lines = failure.excerpt.flatMap(({ title, lines }) => [`${title}:`, ...lines]);
  const outcome = `<${tag} message="${xml(failure.message)}">${xml(lines.join("\n"))}</${tag}>`;
  return [{ name: `run: ${failure.phase}`, outcome, kind }];
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
