// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gitIn } from "../../testing/git.ts";
import { Cache } from "../cache/cache.ts";
import { nearTrees } from "./near-trees.ts";

// Git takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let root: string;
let tree: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "near-trees-test-")));
  tree = join(root, "linux");
  mkdirSync(tree);
});
afterEach(() => rmSync(root, { recursive: true }));

const git = (...args: string[]) => gitIn(tree)(...args);
const near = async (directory: string) =>
  (await nearTrees(new Cache(join(root, "cache")), directory)).map((one) => one.directory);

test("other working trees of the same repository, whichever is asked about", async () => {
  const second = join(root, "second");
  await git("init", "--quiet");
  await git("commit", "--quiet", "--allow-empty", "--message=first");
  await git("worktree", "add", "--quiet", "--detach", second);
  expect(await near(tree)).toEqual([second]);
  expect(await near(second)).toEqual([tree]);
  mkdirSync(join(tree, "unpacked"));
  expect(await near(join(tree, "unpacked"))).toEqual([]);
});

test("none outside of a repository", async () => {
  expect(await near(root)).toEqual([]);
});
