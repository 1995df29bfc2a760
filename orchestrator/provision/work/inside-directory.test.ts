// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeWayBelow, removeBelow, statBelow, staysBelow } from "./inside-directory.ts";

let root: string;
let inside: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "below-test-"));
  inside = join(root, "inside");
  mkdirSync(join(inside, "directory"), { recursive: true });
  mkdirSync(join(root, "outside"));
  for (const file of ["inside/directory/file", "outside/file"]) writeFileSync(join(root, file), "");
  symlinkSync(join(root, "outside"), join(inside, "link"));
});
afterEach(() => rmSync(root, { recursive: true }));

test.each([
  ["a", true],
  ["a/b.c", true],
  ["a/..b", true],
  ["", false],
  [".", false],
  ["..", false],
  ["a/../b", false],
  ["../a", false],
  ["/a", false],
  ["a//b", false],
  ["a/", false],
])("%s stays below: %s", (path, stays) => {
  expect(staysBelow(path)).toBe(stays);
});

test("what lies behind a link, or outside, is not seen and not removed", async () => {
  for (const path of ["link/file", "../outside/file"]) {
    expect(statBelow(inside, path)).toBeUndefined();
    await removeBelow(inside, path, true);
  }
  await removeBelow(inside, "link", true);
  expect(existsSync(join(inside, "link"))).toBe(false);
  expect(existsSync(join(root, "outside/file"))).toBe(true);
});

test("a directory goes only when it is meant", async () => {
  await removeBelow(inside, "directory", false);
  expect(existsSync(join(inside, "directory/file"))).toBe(true);
  await removeBelow(inside, "directory", true);
  expect(existsSync(join(inside, "directory"))).toBe(false);
});

test("the way to a file is made of real directories", async () => {
  await makeWayBelow(inside, "link/more/file");
  expect(statBelow(inside, "link/more")?.isDirectory()).toBe(true);
  expect(existsSync(join(root, "outside/more"))).toBe(false);
  await expect(makeWayBelow(inside, "../outside/x/y")).rejects.toThrow("leads out of");
});

test("what is there on the way stays, with all that is in it", async () => {
  await makeWayBelow(inside, "directory/more/file");
  expect(existsSync(join(inside, "directory/file"))).toBe(true);
  expect(statBelow(inside, "directory/more")?.isDirectory()).toBe(true);
  writeFileSync(join(inside, "directory/more/file"), "");
  await makeWayBelow(inside, "directory/more/file/below");
  expect(statBelow(inside, "directory/more/file")?.isDirectory()).toBe(true);
});

test("where there is nothing nothing is seen, and nothing has to be removed", async () => {
  for (const path of ["none", "none/file", "directory/none/file"]) {
    expect(statBelow(inside, path)).toBeUndefined();
    await removeBelow(inside, path, true);
  }
});
