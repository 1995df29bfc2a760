// SPDX-License-Identifier: MIT
import { html, type Markup } from "./markup.ts";

const known = new Set(["pass", "fail", "error", "skip", "flaky", "xfail", "missing"]);

/** A verdict or a check's status, in its colour. */
export function badge(word: string): Markup {
  return html`<span class="badge${known.has(word) && ` ${word}`}">${word}</span>`;
}
