// SPDX-License-Identifier: MIT
//
// report.html: verdict, failure, checks, and what makes it a page that one can use.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { expect, test } from "vitest";
import type { ConsoleLog } from "../../events.ts";
import type { RunResult } from "../../result.ts";
import {
  comparedRun,
  consoles,
  failingRun,
  followedRun,
  hostileText,
  knownBugRun,
  passingRun,
  skippedRun,
} from "../../testing/samples.ts";
import { reportPage } from "../run/page.ts";
import {
  describeInChromium,
  pageWidth,
  phone,
  rowTexts,
  shownTexts,
  text,
} from "./testing/chromium.ts";

const pageOf = (result: RunResult, logs: readonly ConsoleLog[] = []) =>
  reportPage({ result, consoles: logs, out: "/out" });

describeInChromium("report.html", ({ directory, open }) => {
  test("shows verdict and failure before all else", async () => {
    const { page } = await open(pageOf(failingRun(), consoles(400)));
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
    const { page } = await open(pageOf(failingRun(), consoles(400)));
    expect(await page.title()).toBe("fail: remote-edma");
    expect(await text(page, "#failure pre")).toContain(hostileText);
    expect(await page.$$eval("img, iframe", (all) => all.length)).toBe(0);
  });

  test("shows a failure that was expected as one, with its evidence, and why nothing was run", async () => {
    const { page } = await open(pageOf(knownBugRun(), consoles(400)));
    expect(await text(page, "h1")).toBe("pass remote-edma");
    expect(await page.$$eval("main > section", (all) => all[0]?.id)).toBe("expectation");
    const shown = await text(page, "#expectation");
    for (const part of ["failed as expected", "https://bugs.example/1", "Call trace:", "check-1"])
      expect(shown).toContain(part);
    expect(await text(page, "#checks tbody tr")).toContain("xfail");
    const other = await open(pageOf(skippedRun()));
    expect(await text(other.page, "#skipped")).toContain("no BAR subranges");
  });

  test("folds evidence but for the first piece of it", async () => {
    const run = failingRun();
    const failure = run.failure && {
      ...run.failure,
      excerpt: [...run.failure.excerpt, { title: "both consoles", lines: ["later line"] }],
    };
    const { page } = await open(pageOf({ ...run, ...(failure ? { failure } : {}) }));
    expect(await shownTexts(page, "#failure details > summary")).toEqual([
      "host VM: console 3 lines",
      "both consoles 1 line",
      "Output 1 line",
    ]);
    expect((await shownTexts(page, "#failure pre")).join()).not.toContain("later line");
    await page.click("#failure details:not([open]) > summary");
    expect((await shownTexts(page, "#failure pre")).join()).toContain("later line");
  });

  const shownChecks = (page: Page) => shownTexts(page, "#checks tbody tr .check b");

  test("filters the checks by what is typed, and by status", async () => {
    const { page } = await open(pageOf(passingRun()));
    await page.type("#checks .filters input", "number 13");
    expect(await shownChecks(page)).toEqual(["check-13"]);
    const failing = await open(pageOf(failingRun()));
    const button = (status: string) =>
      failing.page.click(`#checks .filters button[data-status="${status}"]`);
    expect(await shownTexts(failing.page, "#checks .filters button")).toEqual([
      "all 20",
      "fail 1",
      "skip 18",
      "pass 1",
    ]);
    await button("fail");
    expect(await shownChecks(failing.page)).toEqual(["check-1"]);
    await button("pass");
    expect(await shownChecks(failing.page)).toEqual(["check-0"]);
    await button("");
    expect(await shownChecks(failing.page)).toHaveLength(20);
  });

  test("leads from a failure to its check, though another status is picked, and to a check by its address", async () => {
    const { page } = await open(pageOf(failingRun(), consoles(20)));
    await page.click('#checks .filters button[data-status="pass"]');
    await page.click("#failure h3 a");
    await page.waitForFunction(() => location.hash === "#check-check-1");
    expect(await shownChecks(page)).toContain("check-1");
    const top = await page.$eval("tr:target", (row) => row.getBoundingClientRect().top);
    expect(top).toBeGreaterThanOrEqual(0);
    const other = await open(pageOf(passingRun()), { hash: "#check-check-17" });
    expect(await text(other.page, "tr:target")).toContain("number 17");
  });

  test("copies what is to be pasted elsewhere", async () => {
    const { page } = await open(pageOf(passingRun()));
    await page.hover("#reproduce .code");
    await page.click("#reproduce .copy");
    await page.waitForFunction(
      () => document.querySelector("#reproduce .copy")?.textContent === "Copied",
    );
    await page.focus("#checks .filters input");
    await page.keyboard.down("Control");
    await page.keyboard.press("v");
    await page.keyboard.up("Control");
    const pasted = await page.$eval("#checks .filters input", (one) => one.value);
    expect(pasted).toBe("npm run scenario remote-edma");
  });

  test("has each line of a value that has several", async () => {
    const run = passingRun();
    const checks = run.checks.map((check, index) =>
      index === 0 ? { ...check, unit: "", measured: "status 0: one\ntwo\nthree" } : check,
    );
    const { page } = await open(pageOf({ ...run, checks }));
    const [row, next] = await rowTexts(page, "#checks tbody tr");
    expect(row?.[2]).toBe("status 0: one\ntwo\nthree");
    expect(row).toHaveLength(next?.length ?? 0);
  });

  test("tells sizes in words, and what is expected and found but once", async () => {
    const run = passingRun();
    const drivers = "endpoint dw-pcie, endpoint pci_epf_vntb, host ntb_hw_epf, host ntb_netdev";
    const values = [
      { measured: "host-to-endpoint 268435456 B 10e3", expected: "the sender's" },
      { measured: drivers, expected: drivers },
      { measured: 42, expected: 42 },
    ];
    const checks = run.checks.map((check, index) => ({ ...check, unit: "", ...values[index] }));
    const { page } = await open(pageOf({ ...run, checks }));
    const rows = await rowTexts(page, "#checks tbody tr");
    expect(rows.slice(0, 3).map((cells) => cells.slice(2))).toEqual([
      ["host-to-endpoint 256 MiB 10e3", "the sender's"],
      [drivers, "this"],
      ["42", "42"],
    ]);
  });

  test("has all that a command printed, though it passed: with its check, or by itself", async () => {
    const run = passingRun();
    const lines = Array.from({ length: 300 }, (_, index) => `output line ${index}`);
    const output = { status: 0, stdout: `${lines.join("\n")}\n`, stderr: "a word of warning\n" };
    const steps = run.steps.map((step, index) => (index < 2 ? { ...step, output } : step));
    const checks = run.checks.map((check, index) =>
      index === 5 ? { ...check, step: steps[0]?.id } : check,
    );
    const { page } = await open(pageOf({ ...run, steps, checks }));
    for (const place of ["#check-check-5", "#commands"]) {
      expect(await shownTexts(page, `${place} summary`)).toEqual([
        "output, 300 lines",
        "error output, 1 line",
      ]);
      for (const summary of await page.$$(`${place} summary`)) await summary.click();
      expect(await shownTexts(page, `${place} pre`)).toEqual([
        lines.join("\n"),
        "a word of warning",
      ]);
    }
    expect(await shownTexts(page, "#commands h3")).toEqual([steps[1]?.title]);
  });

  test("shows what followed a complaint, and what else each kernel said: with a failure, or by itself", async () => {
    const run = followedRun();
    const { page } = await open(pageOf(run, consoles(20)));
    const failure = await text(page, "#failure");
    expect(failure).toContain("Followed by host VM: oops: Unable to handle kernel paging request");
    expect(failure).toContain("0.8 s later");
    expect((await shownTexts(page, "#failure pre")).join()).toContain("ntb_hw_epf.c:123");
    const summaries = await shownTexts(page, "#failure summary");
    expect(summaries).toContain(
      "endpoint VM: 2 messages at warning level or above since it booted 1 error",
    );
    for (const summary of await page.$$("#failure details:not([open]) > summary"))
      await summary.click();
    expect((await shownTexts(page, "#failure pre")).join()).toContain("MSI-X configuration failed");
    const passed = await open(pageOf({ ...passingRun(), kernelLogs: run.kernelLogs }));
    expect(await text(passed.page, "#kernels")).toContain("1 error");
  });

  test("puts both backends beside each other, in units for people", async () => {
    const { page } = await open(pageOf(comparedRun()));
    expect(await rowTexts(page, "#metrics tr")).toEqual([
      ["Quantity", "remote eDMA", "default backend", "whole run", "remote ÷ default"],
      [
        "throughput.host_to_endpoint",
        "1.90 Gb/s\n1.80 to 2.00, 3 samples",
        "0.950 Gb/s\n0.900 to 1.00, 3 samples",
        "",
        "2.00 ×",
      ],
      ["rtt", "3.80 ms\n3.60 to 4.40, 3 samples", "2.00 ms\n1.90 to 2.10, 3 samples", "", "1.90 ×"],
      ["engine.read.bytes", "1.80 GiB", "0 GiB", "", ""],
      ["msi.count", "", "", "18,423", ""],
    ]);
    expect(await text(page, "#metrics p")).toContain("wall clock");
  });

  test("links to every file beside it, and to none elsewhere", async () => {
    const out = join(directory, "run");
    const files = ["result.json", "host-console.log", "six/host-kernel.config", "six/host-qemu.sh"];
    mkdirSync(join(out, "six"), { recursive: true });
    for (const name of files) writeFileSync(join(out, name), "");
    const run = failingRun();
    const excerpt = [{ title: "host VM", lines: [], file: join(out, "host-console.log") }];
    const failure = { phase: "boot", message: `see ${out}/host-console.log`, excerpt };
    const html = reportPage({ result: { ...run, failure }, consoles: [], out, files });
    const { page } = await open(html);
    const links = await page.$$eval("a", (all) => all.map((one) => one.getAttribute("href") ?? ""));
    const toFiles = links.filter((href) => !href.startsWith("#"));
    expect(toFiles.sort()).toEqual([...files, "host-console.log"].sort());
    for (const href of toFiles) expect(statSync(join(out, decodeURI(href))).isFile()).toBe(true);
    expect(await text(page, "#failure .message")).toBe("see host-console.log");
    expect(html).not.toContain(directory);
  });

  test("fits a phone: nothing is wider than the screen", async () => {
    const { page } = await open(pageOf(failingRun(), consoles(400)), { viewport: phone });
    expect(await pageWidth(page)).toBe(phone.width);
    expect(await page.$eval("thead", (head) => getComputedStyle(head).display)).toBe("none");
    const other = await open(pageOf(comparedRun()), { viewport: phone });
    expect(await pageWidth(other.page)).toBe(phone.width);
  });

  test("is light or dark as the system is, or as the button says", async () => {
    const html = pageOf(passingRun(), consoles(10));
    const background = (page: Page) =>
      page.$eval("body", (one) => getComputedStyle(one).backgroundColor);
    const light = await open(html);
    expect(await background(light.page)).toBe("rgb(255, 255, 255)");
    const { page } = await open(html, { dark: true });
    expect(await background(page)).toBe("rgb(20, 23, 28)");
    await page.click("#theme");
    expect(await background(page)).toBe("rgb(255, 255, 255)");
  });

  test("lets every control be reached by the tab key, and names each", async () => {
    const { page } = await open(pageOf(passingRun(), consoles(10)));
    const seen = new Set<string>();
    for (let turn = 0; turn < 60; turn++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const { activeElement } = document;
        return activeElement?.id || activeElement?.className || activeElement?.tagName || "";
      });
      seen.add(at);
    }
    for (const id of [
      "theme",
      "INPUT",
      "plot",
      "copy",
      "console-search",
      "console-next",
      "console",
    ])
      expect(seen).toContain(id);
    const nameless = await page.$$eval("button, input, select, .plot, [role=grid]", (all) =>
      all.filter((one) => !one.textContent?.trim() && !one.getAttribute("aria-label")).map(String),
    );
    expect(nameless).toEqual([]);
  });

  test("is 2 MB or less for a run of twenty thousand console lines", async () => {
    const { file } = await open(pageOf(passingRun(), consoles(20_000)));
    expect(statSync(file).size).toBeLessThan(2_000_000);
  });
});
