// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { compareChecks, compareMetrics, digestOf, pooled } from "./compare.ts";
import { passingRun } from "./testing/samples.ts";

function run(samples: readonly number[], unit = "Gb/s") {
  const sorted = [...samples].sort((a, b) => a - b);
  const metric = {
    name: "m",
    unit,
    samples: [...samples],
    median: sorted[sorted.length >> 1] ?? 0,
  };
  return digestOf(passingRun({ metrics: [metric] }));
}

function change(now: readonly number[], before: readonly (readonly number[])[], unit?: string) {
  const [found] = compareMetrics(
    run(now, unit).metrics,
    pooled(before.map((one) => run(one, unit))),
  );
  return found && [found.change, found.better];
}

test("only a difference that is clear of both ranges is a change", () => {
  expect(change([5, 6, 7], [[1, 2, 3]])).toEqual(["higher", true]);
  expect(change([1, 2, 3], [[5, 6, 7]])).toEqual(["lower", false]);
  expect(change([3, 6, 7], [[1, 2, 3]])).toEqual(["none", undefined]);
  // The median moved far, but an earlier run has been there.
  expect(
    change(
      [5, 6, 7],
      [
        [1, 2, 3],
        [1, 2, 5.5],
      ],
    ),
  ).toEqual(["none", undefined]);
});

test("a shorter time is the better one, and of bytes nobody can say", () => {
  expect(change([1, 1, 1], [[2, 2, 2]], "ms")).toEqual(["lower", true]);
  expect(change([1, 1, 1], [[2, 2, 2]], "B")).toEqual(["lower", undefined]);
});

test("few samples prove nothing, but for what is exact", () => {
  expect(change([9], [[1, 2, 3]])).toEqual(["too few", undefined]);
  expect(
    change(
      [9, 9],
      [
        [1, 1],
        [2, 2],
      ],
    ),
  ).toEqual(["too few", undefined]);
  expect(change([900], [[1000]], "instructions")).toEqual(["lower", true]);
});

test("what changed comes first, and exact quantities before others", () => {
  const names = (of: ReturnType<typeof compareMetrics>) => of.map(({ name }) => name);
  const metric = (name: string, unit: string, value: number) => ({
    ...{ name, unit, median: value, least: value, most: value },
    count: 3,
  });
  const before = [
    metric("same", "ms", 1),
    metric("time", "ms", 1),
    metric("count", "instructions", 1),
  ];
  const now = [
    metric("same", "ms", 1),
    metric("time", "ms", 2),
    metric("count", "instructions", 2),
  ];
  expect(names(compareMetrics(now, before))).toEqual(["count", "time", "same"]);
});

test("a metric that only one has, or in another unit, is not compared", () => {
  expect(compareMetrics(run([1, 2, 3]).metrics, run([1, 2, 3], "Mb/s").metrics)).toEqual([]);
});

test("checks that end otherwise than before are named; new ones are not", () => {
  const before = digestOf(passingRun());
  const now = {
    ...before,
    checks: { ...before.checks, "check-3": "fail" as const, fresh: "fail" as const },
  };
  expect(compareChecks(now, before)).toEqual([{ id: "check-3", now: "fail", before: "pass" }]);
});
