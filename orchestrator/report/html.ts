// SPDX-License-Identifier: MIT
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { digestOf } from "./compare.ts";
import { readHistory, runsBefore } from "./history.ts";
import type { Comparison } from "./html/run/comparison.ts";
import { reportPage } from "./html/run/page.ts";
import { fileReport, type Memory } from "./report.ts";
import type { RunResult } from "./result.ts";

const page = "report.html";

/** One page that needs no network. */
export const htmlReport = fileReport(page, async ({ result, consoles, out }, settings) => {
  const files = await filesIn(out, settings.others);
  const comparison = await comparisonFor(result, settings);
  return reportPage({ result, consoles, out, files, comparison });
});

/** The files of a run, by their paths from its directory: the other reports, then all else that lies there by now. */
async function filesIn(out: string, others: readonly string[]): Promise<string[]> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(out, join(parentPath, name)));
  const listed = others.filter((file) => file !== page);
  return [...listed, ...paths.filter((path) => path !== page && !listed.includes(path)).sort()];
}

async function comparisonFor(result: RunResult, options: Memory): Promise<Comparison> {
  if (options.compare) return options.compare;
  if (options.history === undefined) return { runs: [], from: "history" };
  // Without the history there is still the run; that the file cannot be used is for its own reporter to say.
  const history = await readHistory(options.history).catch(() => []);
  return { runs: runsBefore(history, digestOf(result, options.label)), from: "history" };
}
