// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runTask, type Task } from "../work/task.ts";
import { Cache } from "./cache.ts";
import { findResult, type Kind, makeResult } from "./product.ts";

interface Inputs {
  readonly text: string;
  readonly fails?: boolean;
}

const kind: Kind<Inputs> = {
  name: "letters",
  title: "Write a letter",
  inputs: ({ text }) => text,
  async make(_cache, { text, fails = false }, into) {
    await writeFile(join(into, "letter"), text);
    if (fails) throw new Error("out of ink");
  },
};

let root: string;
let cache: Cache;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kind-test-"));
  cache = new Cache(root);
});
afterEach(() => rmSync(root, { recursive: true }));

function inStep<T>(body: (task: Task) => Promise<T>): Promise<T> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "letters-build", title: kind.title }, undefined, body);
}

test("a result is found by the inputs that it was made from, and by no others", async () => {
  expect(await findResult(cache, kind, { text: "a" })).toBeUndefined();
  const made = await inStep((task) => makeResult(cache, kind, { text: "a" }, task));
  expect(readFileSync(join(made.directory, "letter"), "utf8")).toBe("a");
  expect(await findResult(cache, kind, { text: "a" })).toEqual(made);
  expect(await findResult(cache, kind, { text: "b" })).toBeUndefined();
});

test("one that could not be made is not found", async () => {
  const inputs = { text: "a", fails: true };
  await expect(inStep((task) => makeResult(cache, kind, inputs, task))).rejects.toThrow(
    "out of ink",
  );
  expect(await findResult(cache, kind, inputs)).toBeUndefined();
});
