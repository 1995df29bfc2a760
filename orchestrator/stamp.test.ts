// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { stamp } from "./stamp.ts";

test("a time is a word that sorts, to the second", () => {
  expect(stamp(new Date("2026-11-29T12:45:41.678Z"))).toBe("20261129T124541Z");
});
