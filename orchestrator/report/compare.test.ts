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
    pooled(
      before.map((one) => run(one, unit)),
      {},
    ),
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

test("figures by different clocks are neither compared nor pooled", () => {
  const metric = { name: "m", unit: "Gb/s", samples: [1, 2, 3], median: 2 };
  const wall = digestOf(passingRun({ metrics: [metric] }));
  const virtual = digestOf(passingRun({ metrics: [{ ...metric, clock: "virtual" }] }));
  expect(compareMetrics(virtual.metrics, wall.metrics)).toEqual([]);
  expect(compareMetrics(virtual.metrics, virtual.metrics)).toHaveLength(1);
  expect(pooled([wall, virtual], wall).map(({ clock }) => clock)).toEqual([undefined, "virtual"]);
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
  expect(change([800], [[1000]], "instructions")).toEqual(["lower", true]);
  // Guests that wait for each other do not take the same number each time.
  expect(change([950], [[1000]], "instructions")).toEqual(["none", undefined]);
});

test("by virtual time one sample tells of what is clear of how much it varies", () => {
  const of = (...samples: [number, ...number[]]) =>
    digestOf(
      passingRun({
        metrics: [
          { name: "m", unit: "Gb/s", samples, median: samples[0], clock: "virtual" as const },
        ],
      }),
    ).metrics;
  expect(compareMetrics(of(0.95), of(1))).toMatchObject([{ change: "lower", better: false }]);
  expect(compareMetrics(of(1.05), of(1))).toMatchObject([{ change: "higher", better: true }]);
  expect(compareMetrics(of(0.985), of(1))).toMatchObject([{ change: "none" }]);
  // So do several, which lie together in one run.
  const three = (value: number) => of(value, value + 1e-6, value + 2e-6);
  expect(compareMetrics(three(0.985), three(1))).toMatchObject([{ change: "none" }]);
  expect(compareMetrics(three(0.95), three(1))).toMatchObject([{ change: "lower" }]);
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

test("of a run beside others only counts of instructions are compared with one that was alone", () => {
  const metric = (name: string, unit: string) => ({
    ...{ name, unit, samples: [1, 1, 1], median: 1 },
  });
  const metrics = [metric("t", "Gb/s"), metric("rtt", "ms"), metric("n", "instructions")];
  const [alone, beside] = [{ metrics }, { metrics, jobs: 4 }].map((run) =>
    digestOf(passingRun(run)),
  );
  if (!alone || !beside) throw new Error("unreachable");
  const names = (now: typeof alone, then: typeof alone) =>
    compareMetrics(now.metrics, pooled([then], now)).map(({ name }) => name);
  expect(names(beside, alone)).toEqual(["n"]);
  expect(names(alone, beside)).toEqual(["n"]);
  expect(names(beside, { ...beside, jobs: 2 })).toEqual(["n"]);
  expect(names(beside, beside)).toHaveLength(3);
  // However many others came since, the last of each kind count.
  const many = Array.from({ length: 12 }, () => beside);
  expect(pooled([alone, ...many], alone).map(({ name, count }) => [name, count])).toEqual([
    ...[
      ["t", 3],
      ["rtt", 3],
      ["n", 30],
    ],
  ]);
  // Of several, those that were alone are enough.
  expect(pooled([alone, beside], alone)).toMatchObject([
    { name: "t", count: 3 },
    { name: "rtt", count: 3 },
    { name: "n", count: 6 },
  ]);
});

test("checks that end otherwise than before are named; new ones are not", () => {
  const before = digestOf(passingRun());
  const now = {
    ...before,
    checks: { ...before.checks, "check-3": "fail" as const, fresh: "fail" as const },
  };
  expect(compareChecks(now, before)).toEqual([{ id: "check-3", now: "fail", before: "pass" }]);
});

test("instructions go before the time that they took", () => {
  const metric = (name: string, unit: string, value: number) => ({
    ...{ name, unit, median: value, least: value * 0.99, most: value * 1.01 },
    count: 3,
  });
  const speed = (name: string) => `${name}.throughput.host_to_endpoint`;
  const count = (name: string) => `counted.${name}.instructions_per_MiB.host_to_endpoint.total`;
  const runOf = (edma: number, instructions: number) => [
    metric(speed("edma"), "Gb/s", edma),
    metric(speed("default"), "Gb/s", edma),
    metric(count("edma"), "1/MiB", instructions),
  ];
  const found = compareMetrics(runOf(5, 40_000), runOf(10, 40_000));
  // The machine was busy: what edma does is what it did. Of the default transport nothing was counted.
  expect(found).toMatchObject([
    { name: speed("edma"), change: "lower", better: undefined, counted: "none" },
    { name: speed("default"), change: "lower", better: false },
    { name: count("edma"), change: "none" },
  ]);
  const [first, second] = compareMetrics(runOf(5, 80_000), runOf(10, 40_000));
  expect(first).toMatchObject({ name: count("edma"), change: "higher", better: false });
  expect(second).toMatchObject({ name: speed("edma"), better: false, counted: "higher" });
});
