// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { annotations, lineOfCheck, type Place } from "../report/annotations.ts";
import { appendDigests, readHistory } from "../report/history.ts";
import { merge } from "../report/merge.ts";
import { writeMerged } from "../report/merged-files.ts";
import { UsageError } from "../run/errors.ts";
import { findScenario } from "../scenario/catalogue.ts";
import { parseFlags } from "./flags.ts";
import { callerDirectory, projectDirectory, scenarioDirectory } from "./project.ts";

const help = `usage: npm run report merge DIR... [-- FLAGS]

Makes one report of all results below some directories, such as those of several shards:
report.html, junit.xml, summary.md (Markdown), merged.json, and issue.json if something did not pass.

  --out DIR         where they go (default: the first directory)
  --history FILE    history of earlier runs: says since when something fails; these runs are added to it
  --annotate        print annotations for GitHub Actions
  --help            this text

Exit status: the gravest of the runs'; 125 also when a shard or scenario that was planned left no result.
`;

/** `report merge`: many results as one. */
export async function reportCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    out: { type: "string" },
    history: { type: "string" },
    annotate: { type: "boolean" },
    help: { type: "boolean" },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [verb, ...given] = positionals;
  if (verb !== "merge")
    throw new UsageError(`expected "report merge DIR...", got "report ${verb ?? ""}"`);
  const directories = given.map((path) => resolve(callerDirectory(), path));
  const [first] = directories;
  if (first === undefined)
    throw new UsageError("expected a directory with results after report merge");
  const absent = directories.find((path) => !existsSync(path));
  if (absent !== undefined) throw new UsageError(`no directory ${absent}`);

  const merged = await merge(directories);
  const out = values.out === undefined ? first : resolve(callerDirectory(), values.out);
  const file =
    values.history === undefined ? undefined : resolve(callerDirectory(), values.history);
  const history = file === undefined ? [] : await readHistory(file);
  await writeMerged(merged, out, history);
  if (file !== undefined)
    await appendDigests(
      file,
      merged.runs.map(({ result }) => result),
    );
  if (values.annotate) {
    for (const line of annotations(merged, placeOf)) process.stdout.write(`${line}\n`);
  }
  for (const text of merged.missing) process.stdout.write(`missing: ${text}\n`);
  const passed = merged.runs.filter(({ result }) => result.verdict === "pass").length;
  process.stdout.write(
    `${passed} of ${merged.runs.length} scenarios passed, exit status ${merged.exitStatus}\nreport: ${out}/report.html\n`,
  );
  return merged.exitStatus;
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
