// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { match } from "./guest-doorbell.ts";

const at = (...times: number[]) => times.map((us) => ({ us, text: "" }));

test("each run of the handler is matched with the first doorbell since the last", () => {
  expect(match(at(100, 110, 300), at(150, 340))).toEqual([50, 40]);
});

test("a run of the handler without a doorbell is another interrupt's", () => {
  expect(match(at(100), at(50, 130, 200))).toEqual([30]);
});
