// SPDX-License-Identifier: MIT
import type { RunResult } from "../../result.ts";
import { duration } from "../../summary.ts";
import { badge } from "../parts/badge.ts";
import { fileLink } from "../parts/links.ts";
import { html } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";

/** Each of the tries that were made, with its own report. */
export function attemptsSection({ attempts = [] }: RunResult): Section[] {
  if (attempts.length < 2) return [];
  const rows = attempts.map(
    ({ verdict, started, durationMs, seed, directory, problems }, index) => ({
      className: verdict === "pass" ? "" : "fail",
      cells: [
        html`${index + 1} ${badge(verdict)}${seed === undefined ? "" : ` seed ${seed}`}`,
        started,
        duration(durationMs),
        fileLink(`${directory}/report.html`, directory),
        problems.map((problem) => html`<div class="value">${problem}</div>`),
      ],
    }),
  );
  const columns = [
    { title: "Attempt" },
    { title: "Started" },
    { title: "Time" },
    { title: "Report" },
    { title: "Problems" },
  ];
  return [{ id: "attempts", title: "Attempts", body: table(columns, rows) }];
}
