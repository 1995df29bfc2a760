// SPDX-License-Identifier: MIT

/** Text as it may stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A link into the consoles at a time of the run; the page's script follows it. */
export function timeLink(atMs: number, variant: string | undefined, text: string): string {
  const where = new URLSearchParams({ t: String(Math.round(atMs)) });
  if (variant !== undefined) where.set("v", variant);
  return `<a href="#${escapeHtml(where.toString())}">${escapeHtml(text)}</a>`;
}

export function badge(word: string): string {
  const known = ["pass", "fail", "error", "skip", "flaky", "xfail"].includes(word)
    ? ` ${word}`
    : "";
  return `<span class="badge${known}">${escapeHtml(word)}</span>`;
}

export interface Column {
  readonly title: string;
  readonly className?: string;
}

/**
 * A cell is HTML. On a phone the cells of a row stand below each other, each with its column's title before it, unless
 * the table is a `narrow` one that fits as it is.
 */
export function table(columns: readonly Column[], rows: readonly Row[], narrow = false): string {
  const head = columns
    .map(({ title, className = "" }) => `<th scope="col" class="${className}">${title}</th>`)
    .join("");
  const body = rows.map(({ className = "", cells }) => {
    const shown = cells.map((cell, index) => {
      const { title = "", className: of = "" } = columns[index] ?? {};
      const label = title === "" || index === 0 ? "" : ` data-label="${escapeHtml(title)}"`;
      return `<td class="${of}"${label}>${cell}</td>`;
    });
    return `<tr class="${className}">${shown.join("")}</tr>`;
  });
  return `<div class="wide"><table class="${narrow ? "" : "stack"}"><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}

export interface Row {
  readonly className?: string;
  readonly cells: readonly string[];
}
