// SPDX-License-Identifier: MIT
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { changesOnCommit, treeGit, workingTrees } from "./tree-git.ts";

let root: string;
const git = (...args: string[]) =>
  execa("git", [
    ...["-C", join(root, "linux"), "-c", "user.name=x", "-c", "user.email=x@example.org"],
    ...args,
  ]);

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "tree-git-")));
  mkdirSync(join(root, "linux/drivers"), { recursive: true });
  await git("init", "--quiet");
  writeFileSync(join(root, "linux/a.c"), "int a;\n");
  await git("add", ".");
  await git("commit", "--quiet", "--message=one");
});
afterEach(() => rmSync(root, { recursive: true }));

test("git is asked in a tree that is a repository, and in no other, though it lies in one", async () => {
  expect(await treeGit(join(root, "linux"))).toBeDefined();
  expect(await treeGit(join(root, "linux/drivers"))).toBeUndefined();
  expect(await treeGit(root)).toBeUndefined();
});

test("changes are told byte for byte, whatever a person has set for diffs", async () => {
  const latin = Buffer.from([0x2f, 0x2f, 0xe9, 0x0a]);
  writeFileSync(join(root, "linux/a.c"), latin);
  await git("config", "diff.noprefix", "true");
  await git("config", "color.diff", "always");
  const ask = await treeGit(join(root, "linux"));
  const changes = await ask?.(...changesOnCommit);
  expect(changes?.stdout).toMatch(/^diff --git a\/a\.c b\/a\.c\n/);
  expect(changes?.stdout).toContain("\n+//\xe9");
});

test("nothing is written in the tree that is asked, though a file's time has changed", async () => {
  const index = () => statSync(join(root, "linux/.git/index")).ino;
  const before = index();
  utimesSync(join(root, "linux/a.c"), 1, 1);
  const ask = await treeGit(join(root, "linux"));
  expect((await ask?.(...changesOnCommit))?.stdout).toBe("");
  await ask?.("status");
  expect(index()).toBe(before);
});

test("a command of git's that fails is told by its status", async () => {
  const ask = await treeGit(join(root, "linux"));
  expect((await ask?.("rev-parse", "--verify", "none"))?.exitCode).not.toBe(0);
});

test("all working trees of a repository are known from any of them; where there is none, none", async () => {
  await git("worktree", "add", "--quiet", join(root, "other"));
  const all = [join(root, "linux"), join(root, "other")];
  expect(await workingTrees(join(root, "other"))).toEqual(all);
  expect(await workingTrees(join(root, "linux/drivers"))).toEqual(all);
  expect(await workingTrees(root)).toEqual([]);
});
