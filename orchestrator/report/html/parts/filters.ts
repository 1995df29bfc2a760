// SPDX-License-Identifier: MIT
import { type Content, html, type Markup } from "./markup.ts";

/** From here on a box to type in helps. */
const manyRows = 12;

/**
 * Picks rows of the table that follows in the same section, by their status where there are several, and by what is typed where
 * there are many. `statuses` has one for each row, which is in the row's class; they are offered in the order of `order`.
 */
export function filters(
  what: string,
  statuses: readonly string[],
  order: readonly string[],
): Content {
  const counts = [...Map.groupBy(statuses, (status) => status)].sort(
    ([a], [b]) => order.indexOf(a) - order.indexOf(b),
  );
  const [many, mixed] = [statuses.length >= manyRows, counts.length > 1];
  if (!many && !mixed) return undefined;
  const button = (status: string, count: number): Markup =>
    html`<button type="button" data-status="${status}" aria-pressed="${String(status === "")}">${status || "all"} <span class="dim">${count}</span></button>`;
  const buttons = [
    button("", statuses.length),
    ...counts.map(([status, same]) => button(status, same.length)),
  ];
  const words = `Filter the ${what}`;
  return html`<div class="filters">
${mixed && html`<div class="choice" role="group" aria-label="Show the ${what} that are">${buttons}</div>`}
${many && html`<input type="search" placeholder="${words}" aria-label="${words}">`}
</div>`;
}
