// SPDX-License-Identifier: MIT
import { quantities } from "../../quantity.ts";
import type { Metric, RunResult } from "../../result.ts";
import { clockText } from "../../summary.ts";
import { type Content, html, type Markup } from "../parts/markup.ts";
import type { Section } from "../parts/section.ts";
import { table } from "../parts/table.ts";
import { prefixesOf, prefixTitle, split } from "./prefixes.ts";

/** All metrics: a row for each quantity, a column for each thing that it was measured of, such as the two backends. */
export function measuredSection(result: RunResult): Section[] {
  const { metrics } = result;
  if (metrics.length === 0) return [];
  const variants = [...Map.groupBy(metrics, ({ variant }) => variant)];
  const body = [
    html`<p class="dim">Medians, with the range of all samples below. Times and rates are ${clockText(result)}: what the machine that emulates took${metrics.some(({ clock }) => clock) && ", but for those by the guests’ virtual time, which say so"}.</p>`,
    ...variants.map(([variant, same]) => [
      variant !== undefined && html`<h3>${variant}</h3>`,
      metricTable(same, variant, prefixesOf(result, variant)),
    ]),
  ];
  return [{ id: "metrics", title: "Measured", body }];
}

interface Quantity {
  readonly rest: string;
  readonly of: ReadonlyMap<string, Metric>;
}

function metricTable(
  metrics: readonly Metric[],
  variant: string | undefined,
  prefixes: readonly string[],
): Markup {
  const named = metrics.map((metric) => ({ metric, ...split(metric.name, variant, prefixes) }));
  const rows = [...Map.groupBy(named, ({ rest }) => rest)].map(
    ([rest, same]): Quantity => ({
      rest,
      of: new Map(same.map(({ prefix, metric }) => [prefix, metric])),
    }),
  );
  const used = new Set(named.map(({ prefix }) => prefix));
  const columns = [...prefixes, ""].filter((prefix) => used.has(prefix));
  // The two backends are what this lab is about: how they compare is worth a column.
  const compared = columns.includes("edma") && columns.includes("default");
  return table(
    [
      { title: "Quantity" },
      ...columns.map((prefix) => ({
        title: columns.length === 1 && prefix === "" ? "Median" : prefixTitle(prefix),
        className: "number",
      })),
      ...(compared ? [{ title: "remote ÷ default", className: "number" }] : []),
    ],
    rows.map(({ rest, of }) => ({
      cells: [
        html`<code>${rest}</code>`,
        ...cellsOf(columns.map((prefix) => of.get(prefix))),
        ...(compared ? [ratioOf(of.get("edma"), of.get("default"))] : []),
      ],
    })),
  );
}

/** What stands in one row has one unit. */
function cellsOf(metrics: readonly (Metric | undefined)[]): Content[] {
  const there = metrics.flatMap((metric) => metric ?? []);
  const unit = there[0]?.unit ?? "1";
  const values = there.flatMap(({ median, samples }) => [median, ...samples]);
  const shown = quantities(values, unit);
  const text = (value: number) => shown.texts[values.indexOf(value)] ?? "";
  return metrics.map((metric) => {
    if (!metric) return undefined;
    const { median, samples, clock } = metric;
    const other = clock && html`<br><span class="dim">${clock} time</span>`;
    const exact = `${median.toLocaleString("en", { maximumFractionDigits: 6 })} ${unit === "1" ? "" : unit}`;
    const range =
      samples.length > 1 &&
      html`<br><span class="dim">${text(Math.min(...samples))} to ${text(Math.max(...samples))}, ${samples.length} samples</span>`;
    return html`<span title="${exact.trim()}">${text(median)} ${shown.unit}</span>${range}${other}`;
  });
}

function ratioOf(remote: Metric | undefined, other: Metric | undefined): string {
  if (!remote || !other || other.median === 0) return "";
  const ratio = remote.median / other.median;
  if (ratio === 0) return "0 ×";
  return `${ratio >= 100 ? Math.round(ratio).toLocaleString("en") : ratio.toPrecision(3)} ×`;
}
