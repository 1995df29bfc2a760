// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { inOwnDirectory, newDirectory } from "./run-directory.ts";

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "run-directory-test-"));
});
afterEach(() => rmSync(top, { recursive: true }));

test("a directory is one run's at a time, and free again when that has ended, however it ended", async () => {
  const out = join(top, "deep/out");
  const first = await inOwnDirectory(out, async () => {
    expect(existsSync(out)).toBe(true);
    await expect(inOwnDirectory(out, async () => "second")).rejects.toThrow(
      `another run is at work in ${out}`,
    );
    // What is inside is for others.
    expect(await inOwnDirectory(join(out, "smoke"), async () => "inside")).toBe("inside");
    return "first";
  });
  expect(first).toBe("first");
  const broken = inOwnDirectory(out, () => Promise.reject(new Error("oops")));
  await expect(broken).rejects.toThrow("oops");
  expect(await inOwnDirectory(out, async () => readdirSync(out))).toEqual(["smoke"]);
});

test("one that cannot be made is told", async () => {
  writeFileSync(join(top, "file"), "");
  const made = inOwnDirectory(join(top, "file/out"), async () => {});
  await expect(made).rejects.toThrow(UsageError);
  await expect(made).rejects.toMatchObject({ cause: { code: "ENOTDIR" } });
  const long = join(top, "x".repeat(300));
  expect(() => newDirectory(long)).toThrow(`could not make the directory ${long}: Error: ENAMETOO`);
  expect(() => newDirectory(join(top, "file/out"))).toThrow(`${join(top, "file")}`);
});

test("two that ask for a new one of the same name get one each", () => {
  const path = join(top, "runs/smoke-20261129T124541Z");
  const names = [1, 2, 3].map(() => newDirectory(path));
  expect(names).toEqual([path, `${path}-2`, `${path}-3`]);
  expect(names.every((name) => existsSync(name))).toBe(true);
});
