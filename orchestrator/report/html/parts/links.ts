// SPDX-License-Identifier: MIT
import { isAbsolute, relative } from "node:path";
import { html, type Markup } from "./markup.ts";

/** A link into the consoles at a time of a variant, in milliseconds from its boot; the page's script follows it. */
export function timeLink(sinceBootMs: number, variant: string | undefined, text: string): Markup {
  const where = new URLSearchParams({ t: String(Math.round(sinceBootMs)) });
  if (variant !== undefined) where.set("v", variant);
  return html`<a href="#${where.toString()}">${text}</a>`;
}

/** The id of a check's row. */
export function checkAnchor(id: string): string {
  return `check-${id.replace(/\s+/g, "-")}`;
}

export function checkLink(id: string): Markup {
  return html`<a href="#${encodeURIComponent(checkAnchor(id))}">${id}</a>`;
}

/** A link to a file beside the page, by its path from there: it holds wherever the directory goes. */
export function fileLink(path: string, text = path): Markup {
  return html`<a href="${path.split("/").map(encodeURIComponent).join("/")}">${text}</a>`;
}

/** The path of a file from the page's directory; undefined for one that lies elsewhere and so does not go with the page. */
export function pathFrom(out: string, file: string): string | undefined {
  const path = isAbsolute(file) ? relative(out, file) : file;
  return path.startsWith("..") || isAbsolute(path) ? undefined : path;
}
