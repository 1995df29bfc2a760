// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gitIn } from "../../testing/git.ts";
import type { Archive } from "../archive/apt.ts";
import { kernelPins, resolvePin } from "../archive/pins.ts";
import { Cache } from "../cache/cache.ts";
import { runTask } from "../work/task.ts";
import { debianTree } from "./kernel-source.ts";
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

test("the kernel that the project is made for, where its version is known, behind a person's own", async () => {
  const second = join(root, "second");
  await git("init", "--quiet");
  await git("commit", "--quiet", "--allow-empty", "--message=first");
  await git("worktree", "add", "--quiet", "--detach", second);
  const cache = new Cache(join(root, "cache"));
  const pin = { ...{ name: "linux-source-7.3", version: "7.3.4-1" }, fileName: "l", sha256: "0" };
  const archive = { update: async () => {} } as unknown as Archive;
  const group = { ...kernelPins("pinned"), resolve: async () => pin };
  const environment = { signal: new AbortController().signal, progress: () => {} };
  await runTask(environment, { id: "pin", title: "Pin" }, undefined, (task) =>
    resolvePin(cache, archive, group, task),
  );
  expect(await nearTrees(cache, tree)).toEqual([
    { directory: second, origin: second, fixed: undefined, strict: false },
    debianTree(cache, pin, "pinned"),
  ]);
});
