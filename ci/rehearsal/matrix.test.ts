// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { combinations, nameOf } from "./matrix.ts";

test("a matrix has each value with each other", () => {
  const all = combinations({ kernel: ["pinned", "debug"], shard: [1, 2] });
  expect(all.map(nameOf)).toEqual(["pinned, 1", "pinned, 2", "debug, 1", "debug, 2"]);
});

test("an entry of include adds to the combinations that it fits, or is one by itself", () => {
  const include = [
    { kernel: "debug", limit: 90 },
    { kernel: "arm", shard: 1 },
  ];
  expect(combinations({ kernel: ["pinned", "debug"], include })).toEqual([
    { kernel: "pinned" },
    { kernel: "debug", limit: 90 },
    { kernel: "arm", shard: 1 },
  ]);
});

test("a matrix may be nothing but entries of include", () => {
  const include = [
    { kernel: "pinned", shard: "1/2" },
    { kernel: "pinned", shard: "2/2" },
  ];
  expect(combinations({ include })).toEqual(include);
});

test("what is not known is an error", () => {
  expect(() => combinations({ kernel: ["a"], exclude: [] })).toThrow("exclude");
  expect(() => combinations({ kernel: "a" })).toThrow();
});
