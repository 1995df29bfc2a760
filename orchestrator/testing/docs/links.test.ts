// SPDX-License-Identifier: MIT
import { existsSync, globSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { projectDirectory } from "../../project.ts";
import { headingsOf, linesOf, type Page, pages, projectFiles, quotedIn } from "./pages.ts";

/** Pages that GitHub has of each workflow, wherever a clone of this project lies. */
const ofWorkflows = /^\.\.\/\.\.\/actions\/workflows\/([\w-]+\.yml)(?:\/badge\.svg)?$/;

/** Targets of a page's links and images within the project, as they are written. */
function relativeLinks(page: Page): string[] {
  const prose = linesOf(page)
    .filter(({ code }) => !code)
    .map(({ text }) => text.replace(/`[^`]*`/g, ""))
    .join("\n");
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .map((target) => target.replace(ofWorkflows, ".github/workflows/$1"))
    .filter((target) => !/^[a-z]+:/.test(target));
}

function resolved(page: Page, target: string): { file: string; anchor: string } {
  const [path = "", anchor = ""] = target.split("#");
  return { file: path === "" ? page.file : normalize(join(dirname(page.file), path)), anchor };
}

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

test.each(pages.map((page) => [page.file, page] as const))(
  "links of %s lead to a file, and to a heading in it",
  (_file, page) => {
    const broken = relativeLinks(page).filter((target) => {
      const { file, anchor } = resolved(page, target);
      if (!existsSync(join(projectDirectory, file))) return true;
      if (anchor === "") return false;
      const there = pages.find((candidate) => candidate.file === file);
      return !there || !headingsOf(there).map(anchorOf).includes(anchor);
    });
    expect(broken).toEqual([]);
  },
);

/** Paths from the project's directory. A star, or NAME, stands for whatever there is. */
const projectPath = new RegExp(
  `^(?:${[...new Set(projectFiles.filter((file) => file.includes("/")).map((file) => file.split("/")[0]))].join("|")})/[\\w./*-]*$`,
);

test.each(pages.map((page) => [page.file, page] as const))(
  "paths that %s names are there",
  (_file, page) => {
    const absent = quotedIn(page).filter(
      (path) =>
        projectPath.test(path) &&
        globSync(path.replace("NAME", "*"), { cwd: projectDirectory }).length === 0,
    );
    expect(absent).toEqual([]);
  },
);

test("every page can be reached from README.md", () => {
  const reached = new Set(["README.md"]);
  for (const file of reached) {
    const page = pages.find((candidate) => candidate.file === file);
    for (const target of page ? relativeLinks(page) : []) {
      reached.add(resolved(page as Page, target).file);
    }
  }
  expect(pages.map(({ file }) => file).filter((file) => !reached.has(file))).toEqual([]);
});
