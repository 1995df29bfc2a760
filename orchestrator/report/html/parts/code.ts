// SPDX-License-Identifier: MIT
import { type Content, html, type Markup } from "./markup.ts";

/** Text as a terminal shows it, which the page's script lets one copy. */
export function code(lines: string | readonly string[]): Markup {
  const text = typeof lines === "string" ? lines : lines.join("\n");
  return html`<div class="code"><pre tabindex="0">${text}</pre></div>`;
}

/** What not everybody wants to see at once. */
export function folded(summary: Content, body: Content, open = false): Markup {
  return html`<details${open && html` open`}><summary>${summary}</summary>${body}</details>`;
}

/** `14 lines`. */
export function lineCount(lines: readonly string[]): string {
  return lines.length === 1 ? "1 line" : `${lines.length} lines`;
}
