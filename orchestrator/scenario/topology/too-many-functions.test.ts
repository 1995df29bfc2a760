// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { tooManyFunctions } from "./too-many-functions.ts";
import { topologySchema } from "./topology.ts";

function told(controller: object, more: object = {}): string[] {
  const topology = topologySchema.parse({ controller, ...more });
  return tooManyFunctions({ topology }).map(({ path, message }) => {
    expect(path).toEqual(["topology", "controller", "functions"]);
    return message;
  });
}

test("a controller has as many functions as its profile's driver knows of", () => {
  expect(told({})).toEqual([]);
  expect(told({ profile: "r-car-s4", functions: 2 })).toEqual([]);
  expect(told({ profile: "r-car-s4", functions: 3 })).toEqual([
    'expected 2 at most with "profile: r-car-s4", got 3.',
  ]);
  expect(told({ functions: 2 })).toEqual([
    `expected 1 with "profile: plat", for which Linux's driver knows the registers of one alone (r-car-s4 has more), got 2.`,
  ]);
  expect(told({ profile: "r-car-s4", functions: 2 }, { time: "virtual" })).toEqual([
    'expected 1 with "time: virtual", got 2.',
  ]);
});
