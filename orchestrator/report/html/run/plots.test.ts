// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { passingRun } from "../../testing/samples.ts";
import type { DrawnChart } from "../parts/chart.ts";
import { chart, thinned } from "../parts/chart.ts";
import { html } from "../parts/markup.ts";
import { plotsSection } from "./plots.ts";

/** What the page's script is given to draw. */
function drawn(body: unknown): DrawnChart[] {
  const text = String(body);
  return [...text.matchAll(/<script type="application\/json">(.*?)<\/script>/g)].map(
    ([, json = ""]) => JSON.parse(json),
  );
}

test("a variant's plots show its own time from its boot on, and a quantity that never changed none", () => {
  const run = passingRun();
  const points: [number, number][] = [
    [60_000, 1],
    [70_000, 2],
  ];
  const quiet = points.map(([at]): [number, number] => [at, 5]);
  const [section] = plotsSection({
    ...run,
    metrics: [],
    phases: [
      { name: "provision", startMs: 0, durationMs: 30_000 },
      { name: "boot", startMs: 40_000, durationMs: 5000, variant: "two" },
      { name: "steps", startMs: 45_000, durationMs: 35_000, variant: "two" },
    ],
    series: [
      { name: "two.rtt", unit: "ms", points, variant: "two" },
      { name: "two.quiet", unit: "ms", points: quiet, variant: "two" },
    ],
  });
  const body = html`${section?.body}`;
  expect(String(body)).not.toContain("quiet");
  const [only, ...others] = drawn(body);
  expect(others).toEqual([]);
  expect(only?.x).toEqual({ from: 0, to: 40 });
  expect(only?.columns).toEqual([
    [20, 30],
    [1, 2],
  ]);
});

test("curves of a chart share their x, and have the unit that suits the largest value", () => {
  const [one] = drawn(
    chart({
      title: "read",
      unit: "B/s",
      x: { from: 0, to: 3 },
      curves: [
        { label: "a", points: [[0, 1024 ** 2]] },
        {
          label: "b",
          points: [
            [1, 5 * 1024 ** 2],
            [1, 0],
          ],
        },
      ],
      draw: "curve",
    }),
  );
  expect(one?.unit).toBe("MiB/s");
  // Two values at one x are an edge, a millisecond wide.
  expect(one?.columns).toEqual([
    [0, 1, 1.001],
    [1, null, null],
    [null, 5, 0],
  ]);
});

test("of many points, the highest and the lowest stay", () => {
  const points = Array.from({ length: 50_000 }, (_, index): [number, number] => [index, 10]);
  points[33_333] = [33_333, 99];
  points[44_444] = [44_444, -5];
  const kept = thinned(points);
  expect(kept.length).toBeLessThan(1300);
  expect(kept).toContainEqual([33_333, 99]);
  expect(kept).toContainEqual([44_444, -5]);
});
