// SPDX-License-Identifier: MIT
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "./compare.ts";
import { overviewPage } from "./html/nights/overview.ts";
import { junitXml } from "./junit.ts";
import { markdown, nightlyIssue } from "./markdown.ts";
import type { Merged } from "./merge.ts";

/**
 * Writes what tells of many runs into `out`: report.html, junit.xml, summary.md, merged.json and, if something did not
 * pass, issue.json. `history` has the runs before these.
 */
export async function writeMerged(
  merged: Merged,
  out: string,
  history: readonly Digest[],
): Promise<void> {
  await mkdir(out, { recursive: true });
  const { runs, missing, news, exitStatus } = merged;
  const results = runs.map(({ label, result }) =>
    label === "" ? result : { ...result, scenario: `${result.scenario}@${label}` },
  );
  const whole = {
    schema: 1,
    exitStatus,
    missing,
    news,
    runs: runs.map(({ label, result }) => ({ label, result })),
  };
  const issue = nightlyIssue(merged, history);
  const files: [string, string][] = [
    ["report.html", overviewPage(merged, out, history)],
    ["junit.xml", junitXml(results, missing)],
    ["summary.md", markdown(merged, history)],
    ["merged.json", `${JSON.stringify(whole, null, 2)}\n`],
    ...(issue
      ? [["issue.json", `${JSON.stringify(issue, null, 2)}\n`] satisfies [string, string]]
      : []),
  ];
  await Promise.all(files.map(([name, text]) => writeFile(join(out, name), text)));
}
