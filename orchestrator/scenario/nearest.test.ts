// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

test.each([
  ["ping", "ping", 0],
  ["pnig", "ping", 1],
  ["pin", "ping", 1],
  ["", "ping", 4],
])("%s is %s after %i edits", (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
});

test("names what is near, and nothing that is far", () => {
  expect(nearest("remot-edma", ["remote-edma", "default"])).toBe("remote-edma");
  expect(nearest("edma", ["remote-edma", "default"])).toBe("remote-edma");
  expect(nearest("nonsense", ["remote-edma", "default"])).toBeUndefined();
});
