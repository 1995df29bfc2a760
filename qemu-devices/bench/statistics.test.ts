// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { median, quantile } from "./statistics.ts";

test("quantiles lie between the samples that surround them", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([...Array(101).keys()].reverse(), 0.99)).toBe(99);
  expect(quantile([7], 0.99)).toBe(7);
});

test("no samples have no quantile", () => {
  expect(() => median([])).toThrow("no samples");
});
