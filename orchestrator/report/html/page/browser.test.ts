// SPDX-License-Identifier: MIT
//
// report.html as a person has it before them: in a real Chromium, without a network.
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Browser,
  type ConsoleMessage,
  type HTTPRequest,
  launch,
  type Page,
} from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { digestOf } from "../../compare.ts";
import { overviewPage } from "../../overview.ts";
import {
  consoles,
  failingRun,
  hostileText,
  knownBugRun,
  passingRun,
  skippedRun,
} from "../../testing/samples.ts";
import { reportPage } from "../page.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const chromium = [process.env.CHROMIUM, ...names.map((name) => `/usr/bin/${name}`)].find(
  (path) => path !== undefined && existsSync(path),
);
const reason = "no Chromium is installed (Debian's package chromium; or its path in $CHROMIUM)";

let browser: Browser;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "report-page-"));
  if (chromium === undefined) return;
  // Chromium refuses to run as root in its sandbox, and so do many containers without root,
  // whose /dev/shm is too small for it as well.
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  browser = await launch({ executablePath: chromium, args, userDataDir: join(directory, "user") });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  rmSync(directory, { recursive: true, force: true });
});

const desktop = { width: 1280, height: 900 };
const phone = { width: 360, height: 740, isMobile: true, hasTouch: true };

/** Tabs that a test has left: a new one is a process of its own, which costs more than most tests. */
const idle: Page[] = [];

/** Opens a page in a tab that no other has at the time. It must ask for nothing and complain of nothing. */
async function open(html: string, { viewport = desktop, hash = "", dark = false } = {}) {
  const file = join(directory, `${expect.getState().currentTestName?.replace(/\W+/g, "-")}.html`);
  writeFileSync(file, html);
  const page = idle.pop() ?? (await browser.newPage());
  // What is behind another tab draws nothing.
  await page.bringToFront();
  // Before anything listens: for another kind of screen, the page that was there is loaded again.
  await page.setViewport(viewport);
  const wrong: string[] = [];
  const heard = {
    pageerror: (error: unknown) => wrong.push(String(error)),
    console: (message: ConsoleMessage) => wrong.push(message.text()),
    request: (request: HTTPRequest) => {
      if (!request.url().startsWith(`file://${file}`)) wrong.push(`request: ${request.url()}`);
    },
  };
  page.on("pageerror", heard.pageerror);
  page.on("console", heard.console);
  page.on("request", heard.request);
  const value = dark ? "dark" : "light";
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
  await page.goto(`file://${file}${hash}`);
  onTestFinished(async () => {
    page.off("pageerror", heard.pageerror);
    page.off("console", heard.console);
    page.off("request", heard.request);
    await page.goto("about:blank");
    idle.push(page);
    expect(wrong).toEqual([]);
  });
  return { page, file };
}

const text = (page: Page, selector: string) => page.$eval(selector, (one) => one.textContent ?? "");
const selected = (page: Page) => text(page, "#console .selected");
const rowCount = (page: Page) =>
  page.$eval("#console", (box) => Number(box.getAttribute("aria-rowcount")));
/** Waits until the selected row contains a text. */
const selects = (page: Page, wanted: string) =>
  page.waitForFunction(
    (want) => document.querySelector("#console .selected")?.textContent?.includes(want),
    { timeout: 5000 },
    wanted,
  );

describe.skipIf(chromium === undefined)(`report.html in Chromium (skipped where ${reason})`, () => {
  test("shows verdict and failure before all else", async () => {
    const { page } = await open(reportPage(failingRun(), consoles(400)));
    expect(await text(page, "h1")).toBe("fail remote-edma");
    const tops = await page.$$eval("main > section", (all) =>
      all.map((one) => ({ id: one.id, top: one.getBoundingClientRect().top })),
    );
    expect(tops[0]?.id).toBe("failure");
    expect(tops[0]?.top).toBeLessThan(300);
    expect(await text(page, "#failure")).toContain("Call trace:");
    expect(await text(page, "#checks tbody tr")).toContain("check-1");
  });

  test("is not taken over by what guests print", async () => {
    const { page } = await open(reportPage(failingRun(), consoles(400)));
    expect(await page.title()).toBe("fail: remote-edma");
    expect(await text(page, "#failure pre")).toContain(hostileText);
    await page.focus("#console");
    await page.keyboard.press("End");
    expect(await selected(page)).toContain(hostileText);
    expect(await page.$$eval("img, iframe", (all) => all.length)).toBe(0);
    await page.type("#console-search", "onerror");
    await selects(page, "onerror");
    expect(await selected(page)).toContain(hostileText);
  });

  test("shows a failure that was expected as one, with its evidence, and why nothing was run", async () => {
    const { page } = await open(reportPage(knownBugRun(), consoles(400)));
    expect(await text(page, "h1")).toBe("pass remote-edma");
    expect(await page.$$eval("main > section", (all) => all[0]?.id)).toBe("expectation");
    const shown = await text(page, "#expectation");
    for (const part of ["failed as expected", "https://bugs.example/1", "Call trace:", "check-1"])
      expect(shown).toContain(part);
    expect(await text(page, "#checks tbody tr")).toContain("xfail");
    const other = await open(reportPage(skippedRun(), []));
    expect(await text(other.page, "#skipped")).toContain("no BAR subranges");
  });

  test("searches both consoles by keyboard alone", async () => {
    const { page } = await open(reportPage(passingRun(), consoles(2000)));
    await page.keyboard.press("/");
    await page.keyboard.type("Line 77:");
    await selects(page, "line 77:");
    expect(await text(page, "#console-count")).toBe("1 of 1 found");
    expect(await page.$$eval("#console .selected mark", (all) => all.length)).toBe(2);
    await page.keyboard.press("Escape");
    await page.keyboard.type("line 99");
    // Escape leads to the list, where letters mean nothing and arrows move.
    await page.keyboard.press("ArrowDown");
    expect(await selected(page)).toContain("line 78:");
    await page.keyboard.press("End");
    expect(await selected(page)).toContain(hostileText);
    await page.keyboard.press("Home");
    expect(await selected(page)).toContain("phase: provision");
  });

  test("goes from one match to the next and round again, and to each complaint", async () => {
    const { page } = await open(reportPage(passingRun(), consoles(2000)));
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
    const { page } = await open(reportPage(passingRun(), consoles(2000)));
    const [link] = await page.$$("#time a[href='#t=41000']");
    await link?.click();
    await selects(page, "Ping 50 times");
    const around = await page.$$eval("#console .row:not(.step)", (rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent ?? "")),
    );
    const beside = around.find(([at]) => Number(at) > 41);
    expect(beside?.[1]).toMatch(/endpoint line 5\d\d:/);
    expect(beside?.[2]).toMatch(/host line 5\d\d:/);
  });

  test("takes no more rows into the document than are in view, and opens 50,000 lines in a second", async () => {
    const html = reportPage(failingRun(), consoles(50_000));
    const times: number[] = [];
    for (let turn = 0; turn < 3 && Math.min(...times) >= 1000; turn++) {
      const { page } = await open(html);
      // From the click on the file until the script is done and something is to be seen, whichever is later.
      times.push(
        await page.evaluate(() => {
          const marks = ["ready", "first-contentful-paint"].map(
            (name) => performance.getEntriesByName(name)[0]?.startTime ?? Infinity,
          );
          return Math.max(...marks);
        }),
      );
      expect(await rowCount(page)).toBeGreaterThan(25_000);
      expect(await page.$$eval("#console .row", (all) => all.length)).toBeLessThan(150);
      await page.focus("#console");
      await page.keyboard.press("End");
      expect(await selected(page)).toContain(hostileText);
    }
    // The best of three: others may be using this machine.
    expect(Math.min(...times)).toBeLessThan(1000);
  }, 60_000);

  test("fits a phone: nothing is wider than the screen, and each console line has a row", async () => {
    const html = reportPage(failingRun(), consoles(400));
    const wide = await open(html);
    const paired = await rowCount(wide.page);
    const { page } = await open(html, { viewport: phone });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(phone.width);
    expect(await rowCount(page)).toBeGreaterThan(paired + 100);
    expect(await page.$eval("thead", (head) => getComputedStyle(head).display)).toBe("none");
  });

  test("is light or dark as the system is, or as the button says", async () => {
    const html = reportPage(passingRun(), consoles(10));
    const background = (page: Page) =>
      page.$eval("body", (one) => getComputedStyle(one).backgroundColor);
    const light = await open(html);
    expect(await background(light.page)).toBe("rgb(255, 255, 255)");
    const { page } = await open(html, { dark: true });
    expect(await background(page)).toBe("rgb(20, 23, 28)");
    await page.click("#theme");
    expect(await background(page)).toBe("rgb(255, 255, 255)");
  });

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
    const { page } = await open(reportPage({ ...run, variants }, logs), { hash: "#t=40000&v=two" });
    await selects(page, "two [");
    expect(await scene(page)).toBe("two");
    // Without a link, the one that failed is shown.
    const [check] = failingRun().checks.filter(({ status }) => status === "fail");
    const checks = check ? [{ ...check, variant: "two" }] : [];
    const failed = await open(reportPage({ ...run, variants, checks }, logs));
    expect(await scene(failed.page)).toBe("two");
    expect(await text(failed.page, "#console .row:not(.step)")).toContain("two [");
  });

  test("filters the checks", async () => {
    const { page } = await open(reportPage(passingRun(), []));
    await page.type("#check-filter", "number 13");
    const shown = await page.$$eval("#checks tbody tr:not([hidden])", (all) => all.length);
    expect(shown).toBe(1);
  });

  test("lets every control be reached by the tab key, and names each", async () => {
    const { page } = await open(reportPage(passingRun(), consoles(10)));
    const seen = new Set<string>();
    for (let turn = 0; turn < 30; turn++) {
      await page.keyboard.press("Tab");
      seen.add(await page.evaluate(() => document.activeElement?.id ?? ""));
    }
    for (const id of ["theme", "check-filter", "console-search", "console-next", "console"])
      expect(seen).toContain(id);
    const nameless = await page.$$eval("button, input, select, svg, [role=grid]", (all) =>
      all.filter((one) => !one.textContent?.trim() && !one.getAttribute("aria-label")).map(String),
    );
    expect(nameless).toEqual([]);
  });

  test("is 2 MB or less for a run of twenty thousand console lines", async () => {
    const { file } = await open(reportPage(passingRun(), consoles(20_000)));
    expect(statSync(file).size).toBeLessThan(2_000_000);
  });

  test("the page over many runs shows how they fared before, and plots it", async () => {
    const digests = Array.from({ length: 12 }, (_, index) =>
      digestOf(
        passingRun({
          started: `2026-11-${String(index + 1).padStart(2, "0")}T02:17:00.000Z`,
          ...(index === 5 ? { verdict: "flaky" as const } : {}),
        }),
      ),
    );
    const metrics = passingRun().metrics.map((metric) =>
      metric.unit === "Gb/s" ? { ...metric, samples: [0.5, 0.6, 0.7], median: 0.6 } : metric,
    );
    const now = passingRun({ metrics });
    const runs = [{ label: "", directory: join(directory, "x"), result: now }];
    const merged = { runs, missing: [], exitStatus: 0 };
    const { page } = await open(overviewPage(merged, directory, digests), { viewport: phone });
    expect(await text(page, "#nights .strip")).toBe("·····f·······");
    const changed = await text(page, "#nights tbody tr");
    expect(changed).toMatch(/edma\.throughput\.host_to_endpoint lower \(0\.30 ×\)/);
    expect(await page.$$eval("#nights .worse", (all) => all.length)).toBe(2);
    await page.click("#nights summary");
    expect(await page.$$eval("#nights svg circle.now", (all) => all.length)).toBe(3);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(phone.width);
  });

  test("the page over many runs leads to each run's own, and has their colours", async () => {
    const results = [failingRun(), { ...passingRun(), scenario: "smoke" }];
    const runs = results.map((result) => ({
      ...{ label: "", result },
      directory: join(directory, result.scenario),
    }));
    const merged = { runs, missing: ["shard 2/3 left nothing"], exitStatus: 125 };
    const { page } = await open(overviewPage(merged, directory), { viewport: phone, dark: true });
    expect(await text(page, "h1")).toBe("error 2 scenarios");
    expect(await text(page, "main > section")).toContain("shard 2/3 left nothing");
    const links = await page.$$eval("#all a", (all) => all.map((one) => one.getAttribute("href")));
    expect(links).toEqual(["remote-edma/report.html", "smoke/report.html"]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(phone.width);
    await page.click("#theme");
    expect(await page.$eval("body", (one) => getComputedStyle(one).backgroundColor)).toBe(
      "rgb(255, 255, 255)",
    );
  });
});
