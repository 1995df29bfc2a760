// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { callerDirectory, projectDirectory, scenarioDirectory } from "../../project.ts";
import { annotations, lineOfCheck, type Place } from "../../report/annotations.ts";
import { findScenario, listScenarios } from "../../scenario/catalogue.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";

const flags = {
  out: { type: "string", value: "DIR", help: "where they go (default: the first directory)" },
  history: {
    type: "string",
    value: "FILE",
    help: "history of earlier runs: says since when something fails; these runs are added to it",
  },
  expect: {
    type: "string",
    value: "LABEL",
    multiple: true,
    help: "all scenarios must be there with this --label; may be given several times",
  },
  scenarios: {
    type: "string",
    value: "NAME,...",
    help: "which of them --expect expects (default: every scenario of the project)",
  },
  annotate: { type: "boolean", help: "print annotations for GitHub Actions" },
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: npm run report merge DIR... [-- FLAGS]

Makes one report of all results below some directories, such as those of several shards:
report.html, junit.xml, summary.md (Markdown), merged.json, and issue.json if something did not pass.

${flagRows(flags)}
Exit status: the gravest of the runs'; 125 also when a shard or scenario that was planned or expected left
no result, or was skipped where it was not expected to be.
`;

/** `report merge`: many results as one. */
export async function reportCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const [verb, ...given] = positionals;
  if (verb !== "merge")
    throw new UsageError(`expected "report merge DIR...", got "report ${verb ?? ""}"`);
  const directories = given.map((path) => resolve(callerDirectory(), path));
  const [first] = directories;
  if (first === undefined)
    throw new UsageError("expected a directory with results after report merge");
  const absent = directories.find((path) => !existsSync(path));
  if (absent !== undefined) throw new UsageError(`no directory ${absent}`);

  const { headline, merge } = await import("../../report/merge.ts");
  const labels = values.expect;
  const scenarios = expectedScenarios(values.scenarios);
  const merged = await merge(directories, labels ? { night: { labels, scenarios } } : {});
  const out = values.out === undefined ? first : resolve(callerDirectory(), values.out);
  const file =
    values.history === undefined ? undefined : resolve(callerDirectory(), values.history);
  const { appendDigests, readHistory } = await import("../../report/history.ts");
  const history = file === undefined ? [] : await readHistory(file);
  const { writeMerged } = await import("../../report/merged-files.ts");
  await writeMerged(merged, out, history);
  const { digestOf } = await import("../../report/compare.ts");
  if (file !== undefined)
    await appendDigests(
      file,
      merged.runs.map(({ label, result }) => digestOf(result, label)),
    );
  if (values.annotate) {
    for (const line of annotations(merged, placeOf)) process.stdout.write(`${line}\n`);
  }
  for (const text of merged.missing) process.stdout.write(`missing: ${text}\n`);
  for (const text of merged.news) process.stdout.write(`news: ${text}\n`);
  if (merged.turnout !== undefined) process.stdout.write(`${merged.turnout}\n`);
  process.stdout.write(
    `${headline(merged.runs)}, exit status ${merged.exitStatus}\nreport: ${out}/report.html\n`,
  );
  return merged.exitStatus;
}

/** Names as results have them. */
function expectedScenarios(given: string | undefined): string[] {
  if (given !== undefined) return given.split(",").filter((name) => name !== "");
  return listScenarios(scenarioDirectory).map(({ file }) => basename(file, ".yaml"));
}

/** Where a scenario of the project says what a check is to be; for one that a test program brought, its step. */
function placeOf(scenario: string, given: readonly string[]): Place | undefined {
  const found = findScenario(scenario, scenarioDirectory, callerDirectory());
  if ("message" in found) return undefined;
  const text = readFileSync(found.file, "utf8");
  // In a variant, a name has the variant's before it; a result of a test program goes on behind a dot.
  const names = given.flatMap((name) => {
    const parts = name.split(".");
    return parts.flatMap((_, from) =>
      parts.slice(from).map((_, to) => parts.slice(from, parts.length - to).join(".")),
    );
  });
  const lines = names.map((name) => lineOfCheck(text, name));
  return {
    file: relative(projectDirectory, found.file),
    line: lines.find((line) => line > 1) ?? 1,
  };
}
