// SPDX-License-Identifier: MIT
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exists, isAbsence, namesIfThere, readIfThere, replaceFile } from "./files.ts";

test("a file that several runs of one process write at once is that of one of them, whole, and alone", async () => {
  const directory = mkdtempSync(join(tmpdir(), "files-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "request.json");
  const texts = Array.from({ length: 50 }, (_, index) => `${index} `.repeat(1000));
  await Promise.all(texts.map((text) => replaceFile(path, text)));
  expect(texts).toContain(readFileSync(path, "utf8"));
  expect(readdirSync(directory)).toEqual(["request.json"]);
});

test("what is not there is told from what cannot be looked at", async () => {
  const directory = mkdtempSync(join(tmpdir(), "files-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const at = (name: string) => join(directory, name);
  writeFileSync(at("file"), "text");
  symlinkSync("loop", at("loop"));
  expect(await readIfThere(at("file"))).toBe("text");
  expect(await exists(at("file"))).toBe(true);
  for (const absent of ["none", "file/below"]) {
    expect(await readIfThere(at(absent))).toBeUndefined();
    expect(await exists(at(absent))).toBe(false);
  }
  await expect(readIfThere(at("loop"))).rejects.toThrow("ELOOP");
  await expect(exists(at("loop"))).rejects.toThrow("ELOOP");
  await expect(readIfThere(directory)).rejects.toThrow("EISDIR");
  expect((await namesIfThere(directory)).sort()).toEqual(["file", "loop"]);
  for (const absent of ["none", "file", "file/below"]) {
    expect(await namesIfThere(at(absent))).toEqual([]);
  }
  await expect(namesIfThere(at("loop"))).rejects.toThrow("ELOOP");
  expect(isAbsence(new Error("ENOENT"))).toBe(false);
  expect(isAbsence(Object.assign(new Error(""), { code: "EACCES" }))).toBe(false);
  expect(isAbsence("ENOENT")).toBe(false);
});
