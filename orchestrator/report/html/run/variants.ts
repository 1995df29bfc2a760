// SPDX-License-Identifier: MIT
import type { RunResult } from "../../result.ts";
import { duration } from "../../summary.ts";
import { badge } from "../parts/badge.ts";
import { checkLink } from "../parts/links.ts";
import { html } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";

/** How each variant of a matrix fared. */
export function variantsSection({ variants = [], checks }: RunResult): Section[] {
  if (variants.length === 0) return [];
  const rows = variants.map(({ name, title, verdict, durationMs, failure }) => {
    const failed = checks.filter(({ status, variant }) => status === "fail" && variant === name);
    return {
      className: verdict === "fail" || verdict === "error" ? "fail" : "",
      cells: [
        badge(verdict ?? "not run"),
        html`<b>${name}</b><br>${title}`,
        durationMs !== undefined && duration(durationMs),
        [
          failure !== undefined && html`<div>${failure.message}</div>`,
          failed.map(({ id }) => html`<div>${checkLink(id)}</div>`),
        ],
      ],
    };
  });
  const columns = [
    { title: "Verdict" },
    { title: "Variant", className: "check" },
    { title: "Time" },
    { title: "Failure, failed checks", className: "value" },
  ];
  return [{ id: "variants", title: "Variants", body: table(columns, rows) }];
}
