// SPDX-License-Identifier: MIT
//
// The project's documentation, as tests of it read it.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { projectDirectory } from "../../project.ts";

/** Neither sources nor documentation of the project. */
const foreign = new Set(["node_modules", "runs", ".git", ".cache"]);

/** Every file of the project, by its path from the project's directory. */
export const projectFiles: readonly string[] = readdirSync(projectDirectory)
  .filter((name) => !foreign.has(name))
  .flatMap((name) => filesAt(join(projectDirectory, name)))
  .map((file) => relative(projectDirectory, file))
  .sort();

function filesAt(path: string): string[] {
  const entries = readdirSync(join(path, ".."), { withFileTypes: true });
  if (entries.find(({ name }) => path.endsWith(`/${name}`))?.isDirectory() !== true) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** One page: Markdown, and the lines that are code. */
export interface Page {
  readonly file: string;
  readonly text: string;
}

export const pages: readonly Page[] = projectFiles
  .filter((file) => file.endsWith(".md"))
  .map((file) => ({ file, text: readFileSync(join(projectDirectory, file), "utf8") }));

export function pageOf(file: string): Page {
  const page = pages.find((candidate) => candidate.file === file);
  if (!page) throw new Error(`the project has no page ${file}`);
  return page;
}

/** Lines of a page with whether they are code: indented by four, or between fences. */
export function linesOf({ text }: Page): { readonly text: string; readonly code: boolean }[] {
  let fenced = false;
  return text.split("\n").map((line) => {
    const fence = /^\s*```/.test(line);
    if (fence) fenced = !fenced;
    return { text: line, code: fence || fenced || /^ {4}(?! *[-*] )/.test(line) };
  });
}

/** A page's headings, as they stand there. */
export function headingsOf(page: Page): string[] {
  return linesOf(page).flatMap(({ text, code }) =>
    code ? [] : (/^#{1,6} (.+)$/.exec(text)?.[1] ?? []),
  );
}

/** What stands between backticks in a page's prose. */
export function quotedIn(page: Page): string[] {
  const prose = linesOf(page)
    .filter(({ code }) => !code)
    .map(({ text }) => text)
    .join("\n");
  return [...prose.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? "").replace(/\s+/g, " "));
}
