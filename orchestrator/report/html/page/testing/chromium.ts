// SPDX-License-Identifier: MIT
//
// Pages as a person has them before them: in a real Chromium, without a network.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Browser,
  type ConsoleMessage,
  type HTTPRequest,
  launch,
  type Page,
} from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const chromium = [process.env.CHROMIUM, ...names.map((name) => `/usr/bin/${name}`)].find(
  (path) => path !== undefined && existsSync(path),
);
const reason = "no Chromium is installed (Debian's package chromium; or its path in $CHROMIUM)";

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 360, height: 740, isMobile: true, hasTouch: true };

export interface OpenOptions {
  readonly viewport?: typeof desktop | typeof phone;
  readonly hash?: string;
  readonly dark?: boolean;
}

/** A Chromium for the tests of a file. */
export interface Chromium {
  /** Where pages lie, and what they link to may. */
  readonly directory: string;
  /** Opens a page in a tab that no other has at the time. It must ask for nothing and complain of nothing. */
  open(html: string, options?: OpenOptions): Promise<{ page: Page; file: string }>;
}

/** Tests that need a Chromium; skipped, saying so, where there is none. */
export function describeInChromium(what: string, tests: (chromium: Chromium) => void): void {
  describe.skipIf(chromium === undefined)(`${what} in Chromium (skipped where ${reason})`, () => {
    const directory = mkdtempSync(join(tmpdir(), "report-page-"));
    let browser: Browser;

    beforeAll(async () => {
      // Chromium refuses to run as root in its sandbox, and so do many containers without root,
      // whose /dev/shm is too small for it as well.
      const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
      const userDataDir = join(directory, "user");
      browser = await launch({ executablePath: chromium ?? "", args, userDataDir });
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      rmSync(directory, { recursive: true, force: true });
    });

    /** Tabs that a test has left: a new one is a process of its own, which costs more than most tests. */
    const idle: Page[] = [];

    async function open(html: string, options: OpenOptions = {}) {
      const { viewport = desktop, hash = "", dark = false } = options;
      const name = expect.getState().currentTestName?.replace(/\W+/g, "-").slice(-100);
      const file = join(directory, `${name}.html`);
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

    tests({ directory, open });
  });
}

/** All text of the first element that matches. */
export function text(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (one) => one.textContent ?? "");
}

/** Texts of all elements that match and are to be seen. */
export function shownTexts(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(selector, (all) =>
    all.filter((one) => one.checkVisibility()).map((one) => one.textContent ?? ""),
  );
}

/** The cells of each row that matches, as a person reads them: with their line breaks. */
export function rowTexts(page: Page, rows: string): Promise<string[][]> {
  return page.$$eval(rows, (all) =>
    // biome-ignore lint/performance/useDomNodeTextContent: what a person reads is what is to be known
    all.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText)),
  );
}

/** How wide the whole page is. */
export function pageWidth(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth);
}
