// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTemporaryDirectory } from "./temporary.ts";

const before = process.env.TMPDIR;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "temporary-test-"));
  process.env.TMPDIR = directory;
});

afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(directory, { recursive: true });
});

function abandoned(name: string, ageHours: number): string {
  const path = join(directory, name);
  mkdirSync(path);
  const then = Date.now() / 1000 - ageHours * 3600;
  utimesSync(path, then, then);
  return path;
}

test("is removed with what is in it", async () => {
  const { path, remove } = await makeTemporaryDirectory();
  expect(existsSync(path)).toBe(true);
  mkdirSync(join(path, "x"));
  await remove();
  expect(existsSync(path)).toBe(false);
});

test("removes what a killed run left behind long ago, and nothing else", async () => {
  const noSuchPid = 2 ** 22 + 1; // above the kernel's largest
  const old = abandoned(`ntb-edma-lab-${noSuchPid}-a`, 48);
  const kept = [
    abandoned(`ntb-edma-lab-${noSuchPid}-b`, 1),
    abandoned(`ntb-edma-lab-${process.pid}-c`, 48),
    abandoned("someone-elses", 48),
  ];
  const { remove } = await makeTemporaryDirectory();
  expect(existsSync(old)).toBe(false);
  expect(kept.map((path) => existsSync(path))).toEqual([true, true, true]);
  await remove();
});

test("refuses a place whose sockets would have too long paths", async () => {
  const long = join(directory, "x".repeat(80));
  mkdirSync(long);
  process.env.TMPDIR = long;
  await expect(makeTemporaryDirectory()).rejects.toThrow("set TMPDIR to a shorter one");
  expect(existsSync(join(long, "x"))).toBe(false);
});
