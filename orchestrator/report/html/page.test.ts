// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { consoles, failingRun, hostileText, passingRun } from "../testing/samples.ts";
import { reportPage } from "./page.ts";
import { plotsSection, rates } from "./plots.ts";

// What a person sees is tested in Chromium, in page/browser.test.ts; this holds where there is none.

test("hostile text of a guest stands nowhere as it came", () => {
  const page = reportPage(failingRun(), consoles(20));
  expect(page.includes(hostileText)).toBe(false);
  expect(page.includes("<img")).toBe(false);
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  const data = page.slice(page.indexOf("<script type"));
  expect(data.includes("\u2028")).toBe(false);
});

test("the page asks for nothing outside itself, and lets no other script run", () => {
  const page = reportPage(passingRun(), consoles(20));
  const head = page.slice(0, page.indexOf("<script"));
  expect(head.match(/\ssrc=|<link|@import|url\(|href="(?!#)/g)).toBeNull();
  expect(head).toContain("default-src 'none'");
  expect(head).toMatch(/script-src 'sha256-[\w+/]{43}='/);
});

test("a console of very many lines loses its middle, and says where that is", () => {
  const page = reportPage(passingRun(), consoles(210_000));
  expect(page.length).toBeLessThan(26_000_000);
  expect(
    page.match(/\[\.\.\. \d+ lines are only in \/out\/(?:host|endpoint)-console\.log\]/g),
  ).toHaveLength(2);
  expect(page.includes("host line 0:") && page.includes("host line 104997:")).toBe(true);
}, 30_000);

test("a counter is plotted by how fast it grew; after a reset it counts from 0 again", () => {
  expect(
    rates([
      [0, 0],
      [500, 100],
      [1000, 100],
      [1500, 20],
    ]),
  ).toEqual([
    [500, 200],
    [1000, 0],
    [1500, 0],
  ]);
});

test("a variant's plots show its own time, and a quantity that never changed none", () => {
  const run = passingRun();
  const points: [number, number][] = [
    [60_000, 1],
    [70_000, 2],
  ];
  const quiet = points.map(([at]): [number, number] => [at, 5]);
  const section = plotsSection({
    ...run,
    metrics: [],
    phases: [
      { name: "boot", startMs: 40_000, durationMs: 5000, variant: "two" },
      { name: "steps", startMs: 45_000, durationMs: 35_000, variant: "two" },
    ],
    series: [
      { name: "two.rtt", unit: "ms", points, variant: "two" },
      { name: "two.quiet", unit: "ms", points: quiet, variant: "two" },
    ],
  });
  expect(section).not.toContain("two.quiet");
  const ticks = [...section.matchAll(/>(\d+) s</g)].map(([, seconds]) => Number(seconds));
  expect(ticks).toEqual([40, 50, 60, 70, 80]);
  // 60 s is in the middle of 40 to 80, and the drawing's inner part goes from 46 to 352.
  expect(section).toContain('d="M199.0 ');
});
