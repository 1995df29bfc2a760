// SPDX-License-Identifier: MIT
//
// The page over many runs: scenarios by kernels, in this night and those before.
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { expect, test } from "vitest";
import { type Digest, digestOf } from "../../compare.ts";
import type { Merged } from "../../merge.ts";
import type { RunResult } from "../../result.ts";
import { failingRun, passingRun, skippedRun } from "../../testing/samples.ts";
import { overviewPage } from "../nights/overview.ts";
import {
  describeInChromium,
  pageWidth,
  phone,
  rowTexts,
  shownTexts,
  text,
} from "./testing/chromium.ts";

const kernels = ["pinned", "6.12"];

/** A night of two scenarios on two kernels: one fails on the newer one, one is skipped on the older one and left nothing on the other. */
function night(directory: string): Merged {
  const run = (label: string, scenario: string, result: RunResult) => ({
    label,
    directory: join(directory, `shard-${label}-1`, scenario),
    result: { ...result, scenario },
  });
  const runs = [
    run("pinned", "remote-edma", failingRun()),
    run("6.12", "remote-edma", passingRun()),
    run("6.12", "smoke", {
      ...skippedRun(),
      skipped: "smoke cannot run: the endpoint's kernel has no BAR subranges",
    }),
  ];
  const planned = kernels.flatMap((label) =>
    ["remote-edma", "smoke"].map((scenario) => ({ label, scenario })),
  );
  const missing = ["smoke of pinned: no result (shard 1/1)"];
  const told = { news: ["6.12: smoke was not skipped before"], turnout: "3 of 4 were run" };
  return { runs, labels: kernels, planned, missing, exitStatus: 1, ...told };
}

/** Twelve nights before: remote-edma flaky in one of them on the pinned kernel, and not run at all in another. */
function history(): Digest[] {
  return Array.from({ length: 12 }, (_, index) => index + 1)
    .filter((day) => day !== 4)
    .map((day) => {
      const started = `2026-11-${String(day).padStart(2, "0")}T02:17:00.000Z`;
      const verdict = day === 6 ? "flaky" : "pass";
      return digestOf(passingRun({ started, verdict }), "pinned");
    })
    .concat(digestOf(passingRun({ started: "2026-11-04T02:20:00.000Z" }), "6.12"));
}

describeInChromium("the page over many runs", ({ directory, open }) => {
  const grid = (page: Page) => rowTexts(page, "#all tr");

  test("is a grid of scenarios by kernels, with the nights before", async () => {
    const { page } = await open(overviewPage(night(directory), directory, history()));
    expect(await text(page, "h1")).toBe("fail 2 scenarios on 2 kernels");
    const kernel = passingRun().versions.kernel;
    expect(await grid(page)).toEqual([
      ["Scenario", `pinned ${kernel}`, `6.12 ${kernel}`],
      [
        "remote-edma",
        expect.stringMatching(/^fail 1 of 20 checks/),
        expect.stringMatching(/^pass 80 s/),
      ],
      ["smoke", expect.stringMatching(/^missing/), expect.stringMatching(/^skip/)],
    ]);
    // Column by column the same night: day 4 has no run of the pinned kernel, and the only one of 6.12.
    const strips = await page.$$eval("#all .strip", (all) =>
      all.map((strip) => [...strip.children].map((mark) => mark.textContent || " ").join("")),
    );
    expect(strips).toEqual(["··· ·f······", "   ·        "]);
    expect(await text(page, "#all p")).toContain("12 nights before, 2026-11-01 to 2026-11-12");
    expect(await page.$eval("#all .strip .flaky", (one) => (one as HTMLElement).title)).toBe(
      "2026-11-06: flaky",
    );
  });

  test("tells first what is missing and what failed, and leads to it", async () => {
    const { page } = await open(overviewPage(night(directory), directory, history()), {
      viewport: phone,
      dark: true,
    });
    expect(await text(page, "main > section")).toContain("smoke of pinned: no result");
    expect(await text(page, "#news")).toContain("smoke was not skipped before");
    expect(await text(page, ".lead")).toContain("3 of 4 were run");
    const hrefs = (within: string) =>
      page.$$eval(`${within} a`, (all) => all.map((one) => one.getAttribute("href")));
    const report = "shard-pinned-1/remote-edma/report.html";
    expect(await hrefs("#failures")).toEqual([
      report,
      `${report}#failure`,
      `${report}#check-check-1`,
    ]);
    expect(await hrefs("#all")).toEqual([
      report,
      "shard-6.12-1/remote-edma/report.html",
      "shard-6.12-1/smoke/report.html",
    ]);
    expect(await text(page, "#skipped")).toBe(
      "Skipped6.12: the endpoint's kernel has no BAR subrangessmoke",
    );
    expect(await pageWidth(page)).toBe(phone.width);
    await page.click("#theme");
    expect(await page.$eval("body", (one) => getComputedStyle(one).backgroundColor)).toBe(
      "rgb(255, 255, 255)",
    );
  });

  test("picks the scenarios of one outcome", async () => {
    const { page } = await open(overviewPage(night(directory), directory));
    expect(await shownTexts(page, "#all .filters button")).toEqual([
      "all 2",
      "fail 1",
      "missing 1",
    ]);
    await page.click('#all .filters button[data-status="missing"]');
    expect(await shownTexts(page, "#all tbody tr td:first-child")).toEqual(["smoke"]);
  });

  test("tells what was measured otherwise than in the nights before, and plots it when it is unfolded", async () => {
    const metrics = passingRun().metrics.map((metric) =>
      metric.unit === "Gb/s" ? { ...metric, samples: [0.5, 0.6, 0.7], median: 0.6 } : metric,
    );
    const now = passingRun({ metrics });
    const runs = [{ label: "pinned", directory: join(directory, "x"), result: now }];
    const merged = { runs, labels: ["pinned"], planned: [], missing: [], news: [], exitStatus: 0 };
    const { page } = await open(overviewPage(merged, directory, history()), { viewport: phone });
    expect(await text(page, "#changes tbody tr")).toMatch(
      /edma\.throughput\.host_to_endpoint lower \(0\.30 ×\)/,
    );
    expect(await page.$$eval("#changes .worse", (all) => all.length)).toBe(2);
    expect(await page.$$eval("#changes canvas", (all) => all.length)).toBe(0);
    await page.click("#changes summary");
    await page.waitForFunction(() => document.querySelectorAll("#changes canvas").length > 0);
    await page.focus("#changes .plot");
    await page.keyboard.press("ArrowLeft");
    await expect
      .poll(() => shownTexts(page, ".tip"))
      .toEqual(["2026-11-22 10:00, pass · 0.600 (0.500 to 0.700) Gb/s"]);
    expect(await pageWidth(page)).toBe(phone.width);
  });
});
