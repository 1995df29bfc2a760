// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { quantities, quantity } from "./quantity.ts";

test.each([
  [1_929_346_240, "B", "1.80 GiB"],
  [268_435_456, "B", "256 MiB"],
  [512, "B", "512 B"],
  [24_117_248, "B/s", "23 MiB/s"],
  [1.61803, "Gb/s", "1.62 Gb/s"],
  [0.0461, "Gb/s", "46.1 Mb/s"],
  [0.181, "Gb/s", "181 Mb/s"],
  [2500, "Mb/s", "2.50 Gb/s"],
  [3.84, "ms", "3.84 ms"],
  [0.0461, "ms", "46.1 µs"],
  [1200, "ms", "1,200 ms"],
  [12_345, "ms", "12.3 s"],
  [884_912.6, "1/MiB", "884,913 per MiB"],
  [18_423_112, "1", "18,423,112"],
  [0, "ms", "0 ms"],
  [50, "1", "50"],
  [0.5, "1", "0.500"],
])("%d %s is shown as %s", (value, unit, text) => {
  expect(quantity(value, unit)).toBe(text);
});

test("values that are shown together have one unit", () => {
  expect(quantities([0.05, 1.2], "Gb/s")).toEqual({ texts: ["0.0500", "1.20"], unit: "Gb/s" });
  expect(quantities([1024, 3 * 1024 ** 2], "B")).toEqual({
    texts: ["0.000977", "3.00"],
    unit: "MiB",
  });
});
