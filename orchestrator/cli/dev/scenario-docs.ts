// SPDX-License-Identifier: MIT
//
// Writes the tables of step and check kinds in docs/scenarios.md, between their markers. Run by `npm run schema` after an
// edit of orchestrator/scenario, steps or checks.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { controllerMetrics } from "../../checks/controller-metrics.ts";
import { checkKinds } from "../../checks/registry.ts";
import { projectDirectory } from "../../project.ts";
import { roundsKind, roundsSchema, roundsSummary } from "../../scenario/rounds.ts";
import { commonCheckFields, commonStepFields } from "../../scenario/schema.ts";
import { stepKinds } from "../../steps/registry.ts";
import { type FieldRow, fieldRows } from "./field-rows.ts";

export const scenarioDocsFile = join(projectDirectory, "docs/scenarios.md");

/** What stands between the markers of each name. */
const blocks: Readonly<Record<string, () => string>> = {
  "step kinds": stepBlock,
  "check kinds": checkBlock,
};

/** The page with what is generated as the code has it now. */
export function withGenerated(page: string): string {
  return Object.entries(blocks).reduce((text, [name, body]) => {
    const [begin, end] = [`<!-- ${name}: written by npm run schema -->`, `<!-- end of ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`expected "${begin}" and, behind it, "${end}"`);
    return `${text.slice(0, from + begin.length)}\n\n${body()}\n\n${text.slice(to)}`;
  }, page);
}

function stepBlock(): string {
  const common = Object.keys(commonStepFields);
  const kinds = [...stepKinds.values()].map(({ kind, summary, schema, measures }) => {
    const rows = fieldRows(schema);
    return section("Step", kind, summary, [
      fieldTable(rows),
      takenBy(kind),
      measures.length === 0 ? "" : metricTable(measures),
    ]);
  });
  const rounds = section("Step", roundsKind, roundsSummary, [
    fieldTable(
      fieldRows(roundsSchema).filter(({ name }) => name !== "do" && !common.includes(name)),
    ),
  ]);
  const all = [...stepKinds.values(), { kind: roundsKind, summary: roundsSummary }];
  return [
    index("do", "", "step", all),
    "Every step has these fields:",
    fieldTable(fieldRows(z.strictObject(commonStepFields))),
    ...kinds,
    rounds,
  ].join("\n\n");
}

function checkBlock(): string {
  const kinds = [...checkKinds.values()].map(({ kind, summary, schema }) =>
    section("Check", kind, `passes when ${summary}`, [fieldTable(fieldRows(schema))]),
  );
  return [
    index("check", "passes when", "check", [...checkKinds.values()]),
    "Every check has these fields:",
    fieldTable(fieldRows(z.strictObject(commonCheckFields))),
    "Beside the metrics that steps measure, each run has the controller's counters: those of all steps with a prefix in common " +
      "under that prefix, and without one those of the whole run.",
    metricTable(controllerMetrics),
    ...kinds,
  ].join("\n\n");
}

interface Kind {
  readonly kind: string;
  readonly summary: string;
}

function index(field: string, head: string, of: string, kinds: readonly Kind[]): string {
  return table(
    [`\`${field}:\``, head],
    kinds.map(({ kind, summary }) => [`[\`${kind}\`](#${of}-${kind})`, summary]),
  );
}

function section(of: string, kind: string, summary: string, parts: readonly string[]): string {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return [`### ${of} \`${kind}\``, sentence, ...parts.filter((part) => part !== "")].join("\n\n");
}

function fieldTable(rows: readonly FieldRow[]): string {
  if (rows.length === 0) return "";
  return table(
    ["field", "type", "default", ""],
    rows.map(({ name, type, fallback, required, description }) => [
      `\`${name}\``,
      type,
      fallback === undefined ? (required ? "needed" : "") : `\`${fallback}\``,
      description,
    ]),
  );
}

/** The checks that judge steps of this kind alone, or of a few. */
function takenBy(kind: string): string {
  const checks = [...checkKinds.values()].filter(({ schema, references }) => {
    const named = Object.fromEntries(Object.keys(schema.shape).map((field) => [field, "a step"]));
    return references(named).some(({ kinds }) => kinds?.includes(kind));
  });
  if (checks.length === 0) return "";
  return `Judged by ${checks.map((check) => `[\`${check.kind}\`](#check-${check.kind})`).join(", ")}.`;
}

function metricTable(
  metrics: readonly { readonly name: string; readonly unit: string; readonly about: string }[],
): string {
  return table(
    ["metric", "unit", ""],
    metrics.map(({ name, unit, about }) => [`\`${name}\``, unit, about]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`.replace(/ {2,}/g, " ");
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

if (import.meta.main) {
  writeFileSync(scenarioDocsFile, withGenerated(readFileSync(scenarioDocsFile, "utf8")));
}
