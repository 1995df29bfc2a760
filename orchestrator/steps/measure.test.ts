// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { type Measure, measure, measurements } from "./measure.ts";
import { stepKinds } from "./registry.ts";

const ways: Measure<Record<string, number[]>> = {
  ...{ name: "rate.<way>", unit: "Gb/s", clock: "guests", about: "how fast it was" },
  samples: (data) => Object.entries(data).map(([way, values]) => ({ which: [way], values })),
};

describe("measurements", () => {
  test("have the words that stand in their names filled in; what has no values is none", () => {
    expect(measurements([ways], { up: [1, 2], down: [] })).toEqual([
      { name: "rate.up", unit: "Gb/s", clock: "guests", values: [1, 2] },
    ]);
  });
  test("a value that a step does not have is no metric", () => {
    const left = ({ left }: { left?: number }) => left;
    const one = measure("left", "ms", "lab", "what is left", left);
    expect(measurements([one], {})).toEqual([]);
    expect(measurements([one], { left: 3 })).toEqual([
      { name: "left", unit: "ms", clock: "lab", values: [3] },
    ]);
  });
  test.each([[["a", "b"]], [[]]])("a name with one word is not filled in by %j", (which) => {
    const wrong = { ...ways, samples: () => [{ which, values: [1] }] };
    expect(() => measurements([wrong], {})).toThrow("the metric rate.<way> was given other words");
  });
});

test("every quantity has a name and a unit of its own, and is described", () => {
  const all = [...stepKinds.values()].flatMap(({ measures }) => measures);
  expect(all.length).toBeGreaterThan(10);
  for (const { name, unit, about } of all) {
    expect({ name, unit, about: about.length > 5 }).toMatchObject({ about: true });
    expect(name).toMatch(/^[a-zA-Z<][\w.<>]*$/);
    expect(unit).not.toBe("");
  }
  const units = Map.groupBy(all, ({ name }) => name);
  for (const [name, same] of units) {
    expect([name, new Set(same.map(({ unit }) => unit)).size]).toEqual([name, 1]);
  }
});

test("a time or a rate is of the clock of those who took it; what is counted is of none", () => {
  const all = [...stepKinds.values()].flatMap(({ measures }) => measures);
  const isTimed = /^(?:ns|us|ms|s|[KMG]?b\/s)$/;
  for (const { name, unit, clock } of all) {
    expect([name, clock === "none"]).toEqual([name, !isTimed.test(unit)]);
  }
  const byLab = all.filter(({ clock }) => clock === "lab").map(({ name }) => name);
  expect([...new Set(byLab)].sort()).toEqual([
    ...["file.throughput.<direction>", "loss.noticed", "loss.removed", "paused", "restart.boot"],
  ]);
});
