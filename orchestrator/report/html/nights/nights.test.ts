// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { nightOf, nightsOf } from "./nights.ts";

const at = (day: number, time: string) => `2026-11-0${day}T${time}:00.000Z`;

test("runs that follow each other are one night, past midnight too; the next evening is another", () => {
  const runs = [at(1, "22:40"), at(1, "23:50"), at(2, "02:10"), at(2, "22:40"), at(4, "02:17")];
  const nights = nightsOf([...runs].reverse());
  expect(nights.map((time) => new Date(time).toISOString())).toEqual([
    at(1, "22:40"),
    at(2, "22:40"),
    at(4, "02:17"),
  ]);
  expect(runs.map((run) => nightOf(nights, run))).toEqual([0, 0, 0, 1, 2]);
  expect(nightOf(nights, at(1, "10:00"))).toBe(-1);
});
