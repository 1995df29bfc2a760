// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { replaceFile } from "./files.ts";

test("a file that several runs of one process write at once is that of one of them, whole, and alone", async () => {
  const directory = mkdtempSync(join(tmpdir(), "files-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "request.json");
  const texts = Array.from({ length: 50 }, (_, index) => `${index} `.repeat(1000));
  await Promise.all(texts.map((text) => replaceFile(path, text)));
  expect(texts).toContain(readFileSync(path, "utf8"));
  expect(readdirSync(directory)).toEqual(["request.json"]);
});
