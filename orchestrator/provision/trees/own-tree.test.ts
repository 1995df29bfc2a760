// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UsageError } from "../../errors.ts";
import { gitIn } from "../../testing/git.ts";
import { ownTree } from "./own-tree.ts";

// Git takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "own-tree-test-"));
  mkdirSync(join(root, "arch/arm64"), { recursive: true });
  writeFileSync(join(root, "arch/arm64/Kconfig"), "");
  writeFileSync(
    join(root, "Makefile"),
    "VERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = 0\nEXTRAVERSION = -rc3\nNAME = x\n",
  );
});
afterEach(() => rmSync(root, { recursive: true }));

const git = (...args: string[]) => gitIn(root)(...args);

test("a tree outside git is named by its version and place", async () => {
  const tree = await ownTree(root);
  expect(tree).toMatchObject({ directory: root, fixed: undefined, strict: false });
  expect(tree.origin).toBe(`7.2.0-rc3 in ${root}`);
});

test("a git tree is named by its commit and, when there are changes, their hash", async () => {
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=first");
  expect((await ownTree(root)).origin).toMatch(/, commit [0-9a-f]{12}$/);
  writeFileSync(join(root, "arch/arm64/Kconfig"), "config A\n");
  const once = (await ownTree(root)).origin;
  expect(once).toMatch(/, commit [0-9a-f]{12} with changes [0-9a-f]{8}$/);
  writeFileSync(join(root, "arch/arm64/Kconfig"), "config B\n");
  expect((await ownTree(root)).origin).not.toBe(once);
});

test("changes that git cannot tell are not taken for none", async () => {
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=first");
  writeFileSync(join(root, ".git/index"), "damaged");
  expect((await ownTree(root)).origin).toMatch(
    /, commit [0-9a-f]{12} with changes or none, which git cannot tell$/,
  );
});

test("a repository without a commit is named as a tree without one", async () => {
  await git("init", "--quiet");
  expect((await ownTree(root)).origin).toBe(`7.2.0-rc3 in ${root}`);
});

test("a tree below a repository is not that repository's", async () => {
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=first");
  const below = join(root, "unpacked");
  mkdirSync(join(below, "arch/arm64"), { recursive: true });
  writeFileSync(join(below, "arch/arm64/Kconfig"), "");
  writeFileSync(join(below, "Makefile"), "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 3\n");
  expect((await ownTree(below)).origin).toBe(`6.1.3 in ${below}`);
});

test.each([".config", "include/config/auto.conf", "arch/arm64/include/generated/asm-offsets.h"])(
  "%s says that the tree was built in place: told, with what helps",
  async (path) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), "");
    await expect(ownTree(root)).rejects.toThrow(UsageError);
    await expect(ownTree(root)).rejects.toThrow(/mrproper[\s\S]*worktree add/);
  },
);

test("what is no kernel tree is told", async () => {
  rmSync(join(root, "arch"), { recursive: true });
  await expect(ownTree(root)).rejects.toThrow("is no kernel tree");
  mkdirSync(join(root, "arch/arm64"), { recursive: true });
  writeFileSync(join(root, "arch/arm64/Kconfig"), "");
  expect((await ownTree(root)).origin).toMatch(/^7\.2\.0/);
  writeFileSync(join(root, "Makefile"), "all:\n");
  await expect(ownTree(root)).rejects.toThrow("is no kernel tree");
});
