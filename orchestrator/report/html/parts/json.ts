// SPDX-License-Identifier: MIT
import { type Markup, trusted } from "./markup.ts";

/** JSON for a script element: no text in it can end the element or begin a comment. */
export function embeddedJson(value: unknown): Markup {
  return trusted(
    JSON.stringify(value)
      .replaceAll("<", "\\u003c")
      .replaceAll("\u2028", "\\u2028")
      .replaceAll("\u2029", "\\u2029"),
  );
}
