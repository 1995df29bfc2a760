// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { consoles, failingRun, hostileText, passingRun } from "../../testing/samples.ts";
import { reportPage } from "./page.ts";
import { rates } from "./plots.ts";

// What a person sees is tested in Chromium, in page/*.browser.test.ts; this holds where there is none.

const pageOf = (result: ReturnType<typeof passingRun>, lines: number) =>
  reportPage({ result, consoles: consoles(lines), out: "/out", files: ["host-console.log"] });

test("hostile text of a guest stands nowhere as it came", () => {
  const page = pageOf(failingRun(), 20);
  expect(page.includes(hostileText)).toBe(false);
  expect(page.includes("<img")).toBe(false);
  const opened = page.match(/<script[ >]/g)?.length;
  expect(page.match(/<\/script>/g)).toHaveLength(opened ?? 0);
  const data = page.slice(page.indexOf("<script type"));
  expect(data.includes("\u2028")).toBe(false);
});

test("the page asks for nothing outside itself, lets no other script run, and names no directory of this machine", () => {
  expect(pageOf(failingRun(), 20)).not.toContain("/out/");
  const page = pageOf(passingRun(), 20);
  const markup = page.slice(0, page.indexOf("<script>"));
  expect(
    markup.match(/<[a-z][^>]* src=|<link|@import|url\(|href="(?!#|host-console\.log)/g),
  ).toBeNull();
  expect(markup).toContain("default-src &#39;none&#39;");
  expect(markup).toMatch(/script-src (&#39;sha256-[\w+/]{43}=&#39; ?){2};/);
});

test("what draws charts is in a page only if there is one", () => {
  const none = { metrics: [], series: [] };
  expect(pageOf(passingRun(), 20)).toContain("leeoniya/uPlot");
  expect(pageOf({ ...passingRun(), ...none }, 20)).not.toContain("leeoniya/uPlot");
});

test("a console of very many lines loses its middle, and says where that is", () => {
  const page = pageOf(passingRun(), 210_000);
  expect(page.length).toBeLessThan(26_000_000);
  expect(
    page.match(/\[\.\.\. \d+ lines are only in (?:host|endpoint)-console\.log\]/g),
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

test("a seed stands among what the run was made with, and each attempt has its own", () => {
  const attempt = { verdict: "pass" as const, exitStatus: 0, durationMs: 1, problems: [] };
  const attempts = [11, 12].map((seed) => ({
    ...{ ...attempt, seed, directory: `run-${seed}` },
    started: "2026-01-01T00:00:00.000Z",
  }));
  const page = pageOf({ ...passingRun(), seed: 12, attempts }, 20);
  expect(page).toMatch(/seed of virtual time[\s\S]{0,60}<code>12<\/code>/);
  for (const { seed } of attempts) expect(page).toMatch(new RegExp(`seed ${seed}\\b`));
  expect(pageOf(passingRun(), 20)).not.toContain("seed of virtual time");
});
