// SPDX-License-Identifier: MIT
//
// Both consoles in report.html.
import type { Page } from "puppeteer-core";
import { expect, test } from "vitest";
import type { ConsoleLog } from "../../events.ts";
import type { RunResult } from "../../result.ts";
import { consoles, failingRun, hostileText, passingRun } from "../../testing/samples.ts";
import { reportPage } from "../run/page.ts";
import { describeInChromium, phone, text } from "./testing/chromium.ts";

const pageOf = (result: RunResult, logs: readonly ConsoleLog[]) =>
  reportPage({ result, consoles: logs, out: "/out" });

const rowCount = (page: Page) =>
  page.$eval("#console", (box) => Number(box.getAttribute("aria-rowcount")));
/** Waits until the selected row contains a text. */
const selects = (page: Page, wanted: string) =>
  page.waitForFunction(
    (want) => document.querySelector("#console .selected")?.textContent?.includes(want),
    { timeout: 5000 },
    wanted,
  );

describeInChromium("the consoles of report.html", ({ open }) => {
  test("stay text, whatever guests print", async () => {
    const { page } = await open(pageOf(failingRun(), consoles(400)));
    await page.focus("#console");
    await page.keyboard.press("End");
    await selects(page, hostileText);
    await page.type("#console-search", "onerror");
    await selects(page, "onerror");
    await selects(page, hostileText);
    expect(await page.$$eval("img, iframe", (all) => all.length)).toBe(0);
  });

  test("searches both consoles by keyboard alone", async () => {
    const { page } = await open(pageOf(passingRun(), consoles(2000)));
    await page.keyboard.press("/");
    await page.keyboard.type("Line 77:");
    await selects(page, "line 77:");
    expect(await text(page, "#console-count")).toBe("1 of 1 found");
    expect(await page.$$eval("#console .selected mark", (all) => all.length)).toBe(2);
    await page.keyboard.press("Escape");
    await page.keyboard.type("line 99");
    // Escape leads to the list, where letters mean nothing and arrows move.
    await page.keyboard.press("ArrowDown");
    await selects(page, "line 78:");
    await page.keyboard.press("End");
    await selects(page, hostileText);
    await page.keyboard.press("Home");
    await selects(page, "phase: boot");
  });

  test("goes from one match to the next and round again, and to each complaint", async () => {
    const { page } = await open(pageOf(passingRun(), consoles(2000)));
    await page.type("#console-search", "host line 50");
    await selects(page, "host line 50:");
    await page.keyboard.press("Enter");
    await selects(page, "host line 500:");
    await page.keyboard.down("Shift");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Shift");
    await selects(page, "host line 509:");
    await page.click("#console-complaint");
    await selects(page, "WARNING: CPU: 0");
  });

  test("leads from a step of the time line to that time in both consoles", async () => {
    const { page } = await open(pageOf(passingRun(), consoles(2000)));
    const [link] = await page.$$("#time a[href='#t=40800']");
    await link?.click();
    await selects(page, "Ping 50 times");
    const around = await page.$$eval("#console .row:not(.step)", (rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent ?? "")),
    );
    const beside = around.find(([at]) => Number(at) > 40.8);
    expect(beside?.[1]).toMatch(/endpoint line 5\d\d:/);
    expect(beside?.[2]).toMatch(/host line 5\d\d:/);
  });

  test("takes no more of 50,000 lines into the document than are in view, and shows the last", async () => {
    const { page } = await open(pageOf(failingRun(), consoles(50_000)));
    expect(await rowCount(page)).toBeGreaterThan(25_000);
    expect(await page.$$eval("#console .row", (all) => all.length)).toBeLessThan(150);
    await page.focus("#console");
    await page.keyboard.press("End");
    await selects(page, hostileText);
    expect(await page.$$eval("#console .row", (all) => all.length)).toBeLessThan(150);
  }, 60_000);

  test("shows the variant that a link names", async () => {
    const run = passingRun();
    const variants = ["six", "two"].map((name) => ({
      name,
      title: name,
      verdict: "pass" as const,
      durationMs: 1,
    }));
    const logs = variants.flatMap(({ name }) =>
      consoles(20).map((log) => ({
        ...log,
        variant: name,
        lines: log.lines.map((line) => ({ ...line, text: `${name} ${line.text}` })),
      })),
    );
    const scene = (page: Page) =>
      page.$eval("#console-scene", (one) => (one as HTMLSelectElement).value);
    const { page } = await open(pageOf({ ...run, variants }, logs), { hash: "#t=39800&v=two" });
    await selects(page, "two [");
    expect(await scene(page)).toBe("two");
    // Without a link, the one that failed is shown.
    const [check] = failingRun().checks.filter(({ status }) => status === "fail");
    const checks = check ? [{ ...check, variant: "two" }] : [];
    const failed = await open(pageOf({ ...run, variants, checks }, logs));
    expect(await scene(failed.page)).toBe("two");
    expect(await text(failed.page, "#console .row:not(.step)")).toContain("two [");
  });

  test("show what a kernel logged as an error or a warning in its colour", async () => {
    const [endpoint, host] = consoles(20);
    if (!endpoint || !host) throw new Error("there are two consoles");
    const [quiet, warning, error] = endpoint.lines.map(({ text }) => text);
    const lines = [
      { level: "warning" as const, text: warning ?? "" },
      { level: "crit" as const, text: error ?? "" },
    ];
    const kernelLogs = [{ role: "endpoint" as const, lines }];
    const { page } = await open(pageOf({ ...passingRun(), kernelLogs }, [endpoint, host]));
    expect(await text(page, "#console .warning")).toBe(warning);
    expect(await text(page, "#console .error")).toBe(error);
    expect(await text(page, "#console .line")).toBe(quiet);
  });

  test("give each line a row of its own on a phone", async () => {
    const html = pageOf(failingRun(), consoles(400));
    const wide = await open(html);
    const paired = await rowCount(wide.page);
    const { page } = await open(html, { viewport: phone });
    expect(await rowCount(page)).toBeGreaterThan(paired + 100);
  });
});
