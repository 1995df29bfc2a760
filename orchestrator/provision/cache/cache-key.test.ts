// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { cacheKey } from "./cache-key.ts";

test("the order of an object's keys does not count: a pin read back is the pin that was written", () => {
  const resolved = { fileName: "q.deb", files: [{ b: 1, a: 2 }], name: "q" };
  const readBack = { name: "q", fileName: "q.deb", files: [{ a: 2, b: 1 }] };
  expect(cacheKey(readBack)).toBe(cacheKey(resolved));
});

test("the order of a list does, and so does every value and every name", () => {
  const inputs = [
    ...["a", "1", 1, 2, true, false, null, []],
    ...[["a", "b"], ["b", "a"], ["ab"], [["a"], "b"], ["a", null]],
    ...[{ a: "b" }, { a: "c" }, { b: "b" }, { a: { b: "c" } }, { a: { b: "d" } }],
  ];
  expect(new Set(inputs.map(cacheKey)).size).toBe(inputs.length);
});
