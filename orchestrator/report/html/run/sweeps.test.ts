// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { Metric } from "../../result.ts";
import { passingRun } from "../../testing/samples.ts";
import { sweepCharts } from "./sweeps.ts";

const metric = (name: string, median: number, more: Partial<Metric> = {}): Metric => ({
  ...{ name, unit: "Gb/s", median, samples: [median], ...more },
});

/** A run whose steps have these ids. */
function runOf(ids: readonly { id: string; variant?: string }[], metrics: Metric[]) {
  const run = passingRun();
  const [step] = run.steps;
  if (!step) throw new Error("the sample run has no steps");
  return { ...run, metrics, steps: ids.map((own) => ({ ...step, ...own })) };
}

describe("a sweep", () => {
  const ids = ["edma-1500.bare", "edma-128.bare", "default-128.bare", "edma-4096.bare"];

  test("has its quantity over the parameter, in the order of its values, with a curve for each backend", () => {
    const metrics = [
      metric("edma-1500.rate", 3),
      metric("edma-128.rate", 1),
      metric("default-128.rate", 0.5),
      metric("edma-4096.rate", 9),
    ];
    expect(
      sweepCharts(
        runOf(
          ids.map((id) => ({ id })),
          metrics,
        ),
      ),
    ).toEqual([
      {
        ...{ title: "rate", unit: "Gb/s", draw: "curve", x: ["128", "1500", "4096"] },
        curves: [
          {
            label: "remote eDMA",
            points: [
              [0, 1],
              [1, 3],
              [2, 9],
            ],
          },
          { label: "default backend", points: [[0, 0.5]] },
        ],
      },
    ]);
  });

  test("may go over the variants", () => {
    const variants = ["channels-1", "channels-4"];
    const steps = variants.map((variant) => ({ id: `${variant}.small.bare`, variant }));
    const metrics = variants.map((variant, index) =>
      metric(`${variant}.small.rate`, index + 1, { variant }),
    );
    expect(sweepCharts(runOf(steps, metrics))).toEqual([
      {
        ...{ title: "rate by channels", unit: "Gb/s", draw: "curve", x: ["1", "4"] },
        curves: [
          {
            label: "small",
            points: [
              [0, 1],
              [1, 2],
            ],
          },
        ],
      },
    ]);
  });

  test.each([
    ["one value alone", [metric("edma-128.rate", 1)]],
    [
      "a count",
      [metric("edma-128.frames", 1, { unit: "1" }), metric("edma-1500.frames", 2, { unit: "1" })],
    ],
    ["what has no number", [metric("edma.rate", 1), metric("default.rate", 2)]],
  ])("is not made of %s", (_, metrics) => {
    expect(
      sweepCharts(
        runOf(
          ids.map((id) => ({ id })),
          metrics,
        ),
      ),
    ).toEqual([]);
  });
});
