// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../cache.ts";
import { importNote, readImport, recordImport } from "./imported.ts";

let cache: Cache;
beforeEach(() => {
  cache = new Cache(mkdtempSync(join(tmpdir(), "imported-test-")));
});
afterEach(() => rmSync(cache.root, { recursive: true }));

test("a cache in which nothing came in a file says nothing of one", async () => {
  expect(await readImport(cache)).toBeUndefined();
  expect(await importNote(cache)).toBe("");
});

test("the file that was taken in last is told, and that it has no sources", async () => {
  const last = { file: "new.tar.zst", lab: "r2", made: "today" };
  await recordImport(cache, { ...last, file: "old.tar.zst" });
  await recordImport(cache, last);
  expect(await readImport(cache)).toEqual(last);
  expect(await importNote(cache)).toMatch(/taken from new\.tar\.zst, .* no sources/);
});

test("a record that cannot be read is none that says nothing", async () => {
  writeFileSync(join(cache.root, "imported.json"), "{}");
  await expect(importNote(cache)).rejects.toThrow();
});
