// SPDX-License-Identifier: MIT
import { type Content, html, type Markup } from "./markup.ts";

export interface Column {
  readonly title: string;
  /** Behind the title, where there is room. */
  readonly note?: string;
  readonly className?: string;
}

export interface Row {
  /** By which a link finds it. */
  readonly id?: string;
  readonly className?: string;
  readonly cells: readonly Content[];
}

/**
 * On a phone the cells of a row stand below each other, each with its column's title before it, unless the table is a `narrow`
 * one that fits as it is.
 */
export function table(columns: readonly Column[], rows: readonly Row[], narrow = false): Markup {
  const head = columns.map(
    ({ title, note, className = "" }) =>
      html`<th scope="col" class="${className}">${title}${note !== undefined && html` <span class="dim note">${note}</span>`}</th>`,
  );
  const body = rows.map(({ id, className = "", cells }) => {
    const shown = cells.map((cell, index) => {
      const { title = "", className: of = "" } = columns[index] ?? {};
      const label = title !== "" && index > 0 && html` data-label="${title}"`;
      return html`<td class="${of}"${label}>${cell}</td>`;
    });
    return html`<tr${id !== undefined && html` id="${id}"`} class="${className}">${shown}</tr>
`;
  });
  return html`<div class="wide"><table class="${!narrow && "stack"}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
