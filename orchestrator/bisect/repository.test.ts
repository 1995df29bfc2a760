// SPDX-License-Identifier: MIT
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gitIn } from "../testing/git.ts";
import { git as ask, checkOut, openRepository, openWorktree } from "./repository.ts";

const past = new Date("2026-01-01");
const nanoseconds = { bigint: true } as const;
let directory: string;
let tree: string;
let first: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "repository-"));
  tree = join(directory, "linux");
  mkdirSync(tree);
  await git("init", "--quiet");
  first = await commit({ "a.c": "a\n", "b.c": "b\n", "c.c": "c\n" });
  await commit({ "b.c": "B\n" });
});
afterEach(() => rmSync(directory, { recursive: true }));

const git = (...args: string[]) => gitIn(tree)(...args);

/** Writes and commits files, which are old then. */
async function commit(files: Record<string, string>): Promise<string> {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(tree, file), text);
  await git("add", "--all");
  await git("commit", "--quiet", "--message=change");
  for (const file of Object.keys(files)) utimesSync(join(tree, file), past, past);
  return (await git("rev-parse", "HEAD")).stdout;
}

const open = async () => openWorktree(await openRepository(tree), join(directory, "cache"), first);
const isOld = (path: string, file: string) => statSync(join(path, file)).mtimeMs === past.getTime();

test("files that are the person's own have their times, and keep them from commit to commit", async () => {
  // Time and size are the committed ones; only the content tells.
  writeFileSync(join(tree, "c.c"), "C\n");
  utimesSync(join(tree, "c.c"), past, past);
  const path = await open();
  expect(["a.c", "b.c", "c.c"].map((file) => isOld(path, file))).toEqual([true, false, false]);
  await checkOut(path, first);
  expect(isOld(path, "a.c")).toBe(true);
  await checkOut(path, (await git("rev-parse", "HEAD")).stdout);
  expect(readFileSync(join(path, "b.c"), "utf8")).toBe("B\n");
  expect([isOld(path, "a.c"), isOld(path, "b.c")]).toEqual([true, false]);
});

test("never older ones, to the nanosecond", async () => {
  for (const [file, fraction] of Object.entries({ "a.c": "123456789", "c.c": "987654321" })) {
    await execa("touch", ["--date", `2026-01-01 00:00:00.${fraction}`, join(tree, file)]);
  }
  const path = await open();
  for (const file of ["a.c", "c.c"]) {
    const [there, here] = [tree, path].map((where) => statSync(join(where, file), nanoseconds));
    const later = Number((here?.mtimeNs ?? 0n) - (there?.mtimeNs ?? 0n));
    expect(later).toBeGreaterThanOrEqual(0);
    expect(later).toBeLessThan(1_000_000);
  }
});

test("the working tree is found again, and one that has gone gets another name", async () => {
  const path = await open();
  expect(await open()).toBe(path);
  rmSync(path, { recursive: true });
  const next = await open();
  expect(next).not.toBe(path);
  expect(existsSync(join(next, "a.c"))).toBe(true);
  await git("worktree", "remove", "--force", next);
  expect(await open()).not.toBe(next);
});

test("a commit's subject is that alone, also where the person has signatures shown", async () => {
  const said = (await git("cat-file", "commit", "HEAD")).stdout;
  const input = said.replace("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n\n");
  const { stdout } = await execa(
    "git",
    ["-C", tree, "hash-object", "-t", "commit", "-w", "--stdin"],
    { input },
  );
  const program = join(directory, "gpg");
  writeFileSync(program, "#!/bin/sh\necho who knows >&2\nexit 1\n", { mode: 0o755 });
  await git("config", "gpg.program", program);
  await git("config", "log.showSignature", "true");
  expect(await ask(tree, "show", "--no-patch", "--format=%s", stdout)).toBe("change");
});
