// SPDX-License-Identifier: MIT
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compareTrees } from "./tree-content.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tree-content-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const place = (tree: string, path: string) => {
  const file = join(root, tree, path);
  mkdirSync(dirname(file), { recursive: true });
  return file;
};
const put = (tree: string, path: string, text: string) => writeFileSync(place(tree, path), text);

/** The paths of the present tree, and whether the former one has the same there. */
const compared = () =>
  [...compareTrees(join(root, "former"), join(root, "present"))].map(
    ({ path, former }) => `${path} ${former === undefined ? "other" : "same"}`,
  );

test("files are the same by what is in them, whenever they were written", () => {
  for (const tree of ["former", "present"]) put(tree, "a/same.c", "int a;\n");
  utimesSync(join(root, "former/a/same.c"), 1, 1);
  put("former", "a/edited.c", "int a;\n");
  put("present", "a/edited.c", "int b;\n");
  put("former", "a/longer.c", "int a;\n");
  put("present", "a/longer.c", "int a;\n\n");
  put("present", "new.c", "");
  put("former", "gone.c", "");
  put("present", ".git/HEAD", "ref");
  expect(compared()).toEqual([
    "a/edited.c other",
    "a/longer.c other",
    "a/same.c same",
    "new.c other",
  ]);
});

test("a program is not the same as a file that nobody may run", () => {
  for (const tree of ["former", "present"]) put(tree, "run.sh", "#!/bin/sh\n");
  chmodSync(join(root, "present/run.sh"), 0o755);
  expect(compared()).toEqual(["run.sh other"]);
});

test("links are the same where they lead to the same, and no link is a file", () => {
  for (const [tree, to] of [
    ["former", "x"],
    ["present", "y"],
  ] as const) {
    symlinkSync("one", place(tree, "same"));
    symlinkSync(to, place(tree, "other"));
  }
  symlinkSync("same", place("former", "file"));
  put("present", "file", "");
  expect(compared()).toEqual(["file other", "other other", "same same"]);
});

test("a file that both trees share is the same unread", () => {
  put("former", "shared.c", "int a;\n");
  mkdirSync(join(root, "present"));
  linkSync(join(root, "former/shared.c"), join(root, "present/shared.c"));
  const [only] = compareTrees(join(root, "former"), join(root, "present"));
  expect(only?.former?.ino).toBe(only?.status.ino);
});
