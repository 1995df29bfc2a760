// SPDX-License-Identifier: MIT
import { readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { digestOf } from "./compare.ts";
import type { Reporter } from "./events.ts";
import { readHistory, runsBefore } from "./history.ts";
import type { Comparison } from "./html/run/comparison.ts";
import { reportPage } from "./html/run/page.ts";
import type { RunResult } from "./result.ts";

export interface HtmlOptions {
  /** The run to compare with, when a person has named one. */
  readonly compare?: Comparison | undefined;
  /** Otherwise the history file that has the runs before. */
  readonly history?: string | undefined;
  /** The run's label, which the runs that it is compared with have, too. */
  readonly label?: string | undefined;
}

/** Writes report.html: one page that needs no network. */
export function htmlReporter(options: HtmlOptions = {}): Reporter {
  return {
    name: "report.html",
    on: async (event) => {
      if (event.type !== "run-finished") return;
      const { result, consoles, out } = event;
      const files = await filesIn(out);
      const comparison = await comparisonFor(result, options);
      const page = reportPage({ result, consoles, out, files, comparison });
      await writeFile(join(out, "report.html"), page);
    },
  };
}

/** What the other reporters write at the same time as this one. */
const besides = ["summary.txt", "result.json", "junit.xml", "result.ktap"];

/** The files of a run, by their paths from its directory: the reports, then all else that lies there by now. */
async function filesIn(out: string): Promise<string[]> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(out, join(parentPath, name)))
    .filter((path) => path !== "report.html" && !besides.includes(path));
  return [...besides, ...paths.sort()];
}

async function comparisonFor(result: RunResult, options: HtmlOptions): Promise<Comparison> {
  if (options.compare) return options.compare;
  if (options.history === undefined) return { runs: [], from: "history" };
  // Without the history there is still the run; that the file cannot be used is for its own reporter to say.
  const history = await readHistory(options.history).catch(() => []);
  return { runs: runsBefore(history, digestOf(result, options.label)), from: "history" };
}
