// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { type Measure, measure, measurements } from "./measure.ts";
import { stepKinds } from "./registry.ts";

const ways: Measure<Record<string, number[]>> = {
  ...{ name: "rate.<way>", unit: "Gb/s", about: "how fast it was" },
  samples: (data) => Object.entries(data).map(([way, values]) => ({ which: [way], values })),
};

describe("measurements", () => {
  test("have the words that stand in their names filled in; what has no values is none", () => {
    expect(measurements([ways], { up: [1, 2], down: [] })).toEqual([
      { name: "rate.up", unit: "Gb/s", values: [1, 2] },
    ]);
  });
  test("a value that a step does not have is no metric", () => {
    const one = measure("left", "ms", "what is left", ({ left }: { left?: number }) => left);
    expect(measurements([one], {})).toEqual([]);
    expect(measurements([one], { left: 3 })).toEqual([{ name: "left", unit: "ms", values: [3] }]);
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
