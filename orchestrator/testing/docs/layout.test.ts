// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { scenarioDirectory } from "../../project.ts";
import { listScenarios } from "../../scenario/catalogue.ts";
import { pageOf, projectFiles, quotedIn } from "./pages.ts";

const mostWords = 1300;

test(`README.md has at most ${mostWords} words`, () => {
  const words = pageOf("README.md")
    .text.split(/\s+/)
    .filter((word) => word !== "");
  expect(words.length).toBeLessThanOrEqual(mostWords);
});

/** Folders of the first two levels that have files, with a slash at the end. */
function folders(): string[] {
  const all = projectFiles.flatMap((file) => {
    const [first = "", second = "", ...more] = file.split("/");
    if (second === "") return [];
    return more.length === 0 ? [`${first}/`] : [`${first}/`, `${first}/${second}/`];
  });
  return [...new Set(all)];
}

test("README.md's layout names every folder of the first two levels, and no other", () => {
  const { file, text } = pageOf("README.md");
  const layout = /^## Layout$(.*?)^## /ms.exec(text)?.[1] ?? "";
  const named = quotedIn({ file, text: layout }).filter((path) => path.endsWith("/"));
  /** `parts/` in the row of `scenarios/` is `scenarios/parts/`. */
  const isNamed = (folder: string) =>
    named.includes(folder) ||
    (named.includes(`${folder.split("/")[1]}/`) && named.includes(`${folder.split("/")[0]}/`)) ||
    named.some((path) => path.startsWith(folder));
  const there = folders();
  expect(there.filter((folder) => !isNamed(folder))).toEqual([]);
  const exists = (path: string) =>
    there.some((folder) => folder === path || folder.endsWith(`/${path}`));
  expect(named.filter((path) => !exists(path))).toEqual([]);
});

test("scenarios/README.md names every scenario, and no other", () => {
  const names = listScenarios(scenarioDirectory).map(({ name }) => name);
  const rows = pageOf("scenarios/README.md")
    .text.split("\n")
    .filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) =>
    [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""),
  );
  expect(named.toSorted()).toEqual(names.toSorted());
});
