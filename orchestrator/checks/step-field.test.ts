// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { stepKinds } from "../steps/registry.ts";
import { checkKinds } from "./registry.ts";

const kindsOf = (check: string) =>
  checkKinds
    .get(check)
    ?.references({ of: "it", max: 3 })
    .map(({ field, id, kinds }) => [field, id, ...(kinds ?? ["any"])]);

test("a field that names a step says of which kinds it may be", () => {
  expect(kindsOf("ping-loss")).toEqual([["of", "it", "ping"]]);
  expect(kindsOf("notifications")).toEqual([["of", "it", "any"]]);
  expect(kindsOf("console-clean")).toEqual([]);
});

test("what several kinds of step offer is taken from each of them", () => {
  const offering = [...stepKinds.values()].filter(({ offers }) => offers.command);
  expect(offering.map(({ kind }) => kind)).toContain("shell");
  expect(kindsOf("command")).toEqual([["of", "it", ...offering.map(({ kind }) => kind)]]);
});
