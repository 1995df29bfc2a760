// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { digestOf } from "../../compare.ts";
import { passingRun } from "../../testing/samples.ts";
import { sectionMarkup } from "../parts/section.ts";
import { comparisonSection, trendCharts } from "./comparison.ts";

const metrics = [
  { name: "throughput", unit: "Gb/s", samples: [1, 1, 1], median: 1 },
  { name: "counted", unit: "instructions", samples: [5, 5, 5], median: 5 },
];
const run = (day: number, jobs?: number) =>
  passingRun({
    started: `2026-01-0${day}T00:00:00.000Z`,
    metrics,
    ...(jobs === undefined ? {} : { jobs }),
  });

/** What a person reads in the section on a run and those before it. */
function told(now: ReturnType<typeof run>, before: readonly ReturnType<typeof run>[]): string {
  const [section] = comparisonSection(now, {
    ...{ runs: before.map((one) => digestOf(one)), from: "history" },
  });
  return sectionMarkup(section ?? { id: "", title: "", body: "" })
    .toString()
    .replace(/<[^>]*>/g, "");
}

test("of a run beside more or fewer others, times are not compared, and that is told", () => {
  const one = told(run(2), [run(1, 4)]);
  expect(one).toContain("this run was made alone, the other one as one of 4 at a time");
  expect(one).toContain("counted");
  expect(one).not.toContain("throughput");
  const several = told(run(4, 2), [run(1, 2), run(2), run(3)]);
  expect(several).toContain("This run was made as one of 2 at a time. Of 2 of the 3 before it");
  expect(several).toContain("throughput");
  expect(told(run(2), [run(1)])).not.toContain("This run was made");
});

test("of a run that another seed varied, that is told", () => {
  const seeded = (day: number, seed: number) => ({ ...run(day), seed });
  expect(told(seeded(2, 7), [seeded(1, 5)])).toContain(
    "This run was made with seed 7, and one that it is compared with had seed 5:",
  );
  expect(told(seeded(2, 7), [run(1)])).toContain("had no seed:");
  expect(told(seeded(2, 7), [seeded(1, 7)])).not.toContain("This run was made with");
  expect(told(run(2), [run(1)])).not.toContain("seed");
});

test("curves have the runs whose figures can be compared, and begin with three", () => {
  const titles = (before: readonly ReturnType<typeof run>[]) => {
    const drawn = trendCharts(
      before.map((one) => digestOf(one)),
      digestOf(run(9)),
    );
    const text = String(drawn ?? "");
    return ["throughput", "counted"].filter((name) => text.includes(name));
  };
  expect(titles([run(1), run(2)])).toEqual(["throughput", "counted"]);
  expect(titles([run(1), run(2, 4)])).toEqual(["counted"]);
  expect(titles([run(1)])).toEqual([]);
});
