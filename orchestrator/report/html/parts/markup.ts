// SPDX-License-Identifier: MIT

/** HTML that may stand in a page as it is. Only `html` and `trusted` make any. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: text is escaped, markup stays, nothing and `false` leave no trace, lists are joined. */
export type Content = Markup | string | number | undefined | false | readonly Content[];

/**
 * Tag of a template whose values are escaped, whatever guests have printed: between tags, and in attributes, which must be in
 * double quotes.
 *
 * @throws Error for a value that is an attribute without quotes, in which spaces would begin another one.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  const texts = parts.map((part, index) => {
    if (index < values.length && part.endsWith("="))
      throw new Error(`expected double quotes around the value behind: ${part.slice(-40)}`);
    return part + (index < values.length ? textOf(values[index]) : "");
  });
  return new Markup(texts.join(""));
}

/** The project's own style and scripts, which are not HTML. Never for text that comes from elsewhere. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function textOf(value: Content): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.toString();
  if (typeof value === "object") return value.map(textOf).join("");
  return escaped(String(value));
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
