// SPDX-License-Identifier: MIT
//
// Time line and plots of report.html: their axes begin at boot, and what they show is as long as it says.
import type { Page } from "puppeteer-core";
import { expect, test } from "vitest";
import type { RunResult } from "../../result.ts";
import { comparedRun, passingRun, provisionedRun } from "../../testing/samples.ts";
import { reportPage } from "../run/page.ts";
import { describeInChromium, phone, shownTexts, text } from "./testing/chromium.ts";

const pageOf = (result: RunResult) => reportPage({ result, consoles: [], out: "/out" });

/** Each row of the time line: its name, the time that it tells, and where its bar is on the track, as parts of it. */
const barsOf = (page: Page, lane = "#time") =>
  page.$$eval(`${lane} .timeline:not(.provision) .name:not(:first-child)`, (names) =>
    names.map((name) => {
      const track = name.nextElementSibling?.nextElementSibling;
      const bar = track?.querySelector(".bar")?.getBoundingClientRect();
      const { left = 0, width = 0 } = track?.getBoundingClientRect() ?? {};
      return {
        name: name.textContent,
        told: name.nextElementSibling?.textContent,
        from: ((bar?.left ?? 0) - left) / width,
        long: (bar?.width ?? 0) / width,
        pixel: 1 / width,
      };
    }),
  );

describeInChromium("time in report.html", ({ open }) => {
  test("a bar is as wide as what it stands for took, and begins where that began", async () => {
    const run = provisionedRun();
    const boot = 27 * 60_000;
    const total = run.durationMs - boot;
    const { page } = await open(pageOf(run));
    const bars = await barsOf(page);
    expect(bars.map(({ name, told }) => `${name} ${told}`)).toEqual([
      "boot 2.0 s",
      "steps 8.3 s",
      "Configure the endpoint function 0.1 s",
      "Train the link 0.1 s",
      "Ping 50 times 8.0 s",
      "iperf3 TCP 0.1 s",
      "teardown 0.2 s",
    ]);
    for (const { title, startMs, durationMs } of run.steps) {
      const bar = bars.find(({ name }) => name === title);
      const { pixel = 0 } = bar ?? {};
      expect(Math.abs((bar?.long ?? 0) - (durationMs ?? 0) / total)).toBeLessThan(pixel);
      expect(Math.abs((bar?.from ?? 0) - ((startMs ?? 0) - boot) / total)).toBeLessThan(pixel);
    }
    // The half hour before boot is told, and takes no room.
    expect(await text(page, "#time .provision")).toMatch(/provision\s*27 min.*not to scale/);
  });

  test("the axis tells seconds since boot, and a bar's end is where it says", async () => {
    const { page } = await open(pageOf(provisionedRun()));
    const ticks = await page.$$eval("#time .axis > span", (all) => {
      const { left = 0, width = 0 } = all[0]?.parentElement?.getBoundingClientRect() ?? {};
      return all.map((tick, index) => {
        const box = tick.getBoundingClientRect();
        const middle = index === 0 ? box.left : (box.left + box.right) / 2;
        return { seconds: Number(tick.textContent), at: (middle - left) / width };
      });
    });
    expect(ticks.map(({ seconds }) => seconds)).toEqual([0, 2, 4, 6, 8, 10]);
    for (const { seconds, at } of ticks) expect(at).toBeCloseTo(seconds / 10.5, 2);
  });

  test("each variant has bars of its own from its own boot on, to one scale", async () => {
    const of = (variant: string, boot: number, ms: number) => ({
      phases: [
        { name: "boot", startMs: boot, durationMs: 2000, variant },
        { name: "steps", startMs: boot + 2000, durationMs: ms, variant },
      ],
      steps: [
        ...passingRun()
          .steps.slice(0, 1)
          .map((step) => ({ ...step, startMs: boot + 2000, durationMs: ms, variant })),
      ],
    });
    const [one, two] = [of("one", 500, 8000), of("two", 12_000, 4000)];
    const variants = ["one", "two"].map((name) => ({
      ...{ name, title: name, durationMs: 1000 },
      verdict: "pass" as const,
    }));
    const run = {
      ...passingRun(),
      variants,
      phases: [...one.phases, ...two.phases],
      steps: [...one.steps, ...two.steps],
    };
    const { page } = await open(pageOf(run));
    const [first, second] = [
      await barsOf(page, "#time details:nth-of-type(1)"),
      await barsOf(page, "#time details:nth-of-type(2)"),
    ];
    expect(first.map(({ from }) => from.toFixed(2))).toEqual(["0.00", "0.20", "0.20"]);
    expect(second.map(({ from }) => from.toFixed(2))).toEqual(["0.00", "0.20", "0.20"]);
    expect(first.map(({ long }) => long.toFixed(2))).toEqual(["0.20", "0.80", "0.80"]);
    expect(second.map(({ long }) => long.toFixed(2))).toEqual(["0.20", "0.40", "0.40"]);
  });

  /** From where to where a curve's colour stands in a chart's drawing, as parts of its plotting area. */
  const drawn = (page: Page, chart: number, colour = "blue") =>
    page.evaluate(
      (index, name) => {
        const figure = document.querySelectorAll("figure.chart")[index];
        const canvas = figure?.querySelector("canvas");
        const over = figure?.querySelector(".u-over")?.getBoundingClientRect();
        const probe = document.createElement("span");
        probe.style.color = `var(--${name})`;
        document.body.append(probe);
        const [r = 0, g = 0, b = 0] =
          getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
        probe.remove();
        if (!canvas || !over) return undefined;
        const { left } = canvas.getBoundingClientRect();
        const copy = new OffscreenCanvas(canvas.width, canvas.height);
        const context = copy.getContext("2d", { willReadFrequently: true });
        context?.drawImage(canvas, 0, 0);
        const pixels = context?.getImageData(0, 0, canvas.width, canvas.height);
        if (!pixels) return undefined;
        const columns: number[] = [];
        for (let at = 0; at < pixels.data.length; at += 4) {
          const [red = 0, green = 0, blue = 0] = pixels.data.slice(at, at + 3);
          if (Math.abs(red - r) + Math.abs(green - g) + Math.abs(blue - b) < 30)
            columns.push((at / 4) % canvas.width);
        }
        const part = (x: number) =>
          ((x * canvas.clientWidth) / canvas.width + left - over.left) / over.width;
        return columns.length === 0
          ? undefined
          : { from: part(Math.min(...columns)), to: part(Math.max(...columns)) };
      },
      chart,
      colour,
    );

  test("a curve of ten seconds fills its plot, however long provisioning took", async () => {
    const { page } = await open(pageOf(provisionedRun()));
    const curve = await drawn(page, 0);
    // The samples are from 0.5 s + 0.5 s on, every half second, up to 10 s of 10.5 s.
    expect(curve?.from).toBeCloseTo(1 / 10.5, 1);
    expect(curve?.to).toBeCloseTo(10 / 10.5, 1);
  });

  const plot = async (page: Page, chart: number) => {
    const [found] = (await page.$$("figure.chart .u-over")).slice(chart);
    await found?.scrollIntoView();
    const box = await found?.boundingBox();
    if (!box) throw new Error(`there is no plot ${chart}`);
    return box;
  };

  /** A mouse's move comes with the next frame. */
  const tips = (page: Page) => expect.poll(() => shownTexts(page, "figure.chart .tip"));

  test("what the mouse points at is told: the time, the value, and the step", async () => {
    const { page } = await open(pageOf(comparedRun()));
    const titles = await shownTexts(page, "figcaption");
    expect(titles[0]).toMatch(/^rtt ms remote eDMA default backend/);
    const { x, y, width, height } = await plot(page, 0);
    const total = 79.8;
    await page.mouse.move(x + (width * (5 - 0.2)) / total, y + height / 2);
    await tips(page).toEqual(["4.8 s · remote eDMA: 3.80 ms · Configure the endpoint function"]);
    await page.mouse.move(x + (width * (49 - 0.2)) / total, y + height / 2);
    await tips(page).toEqual(["48.8 s · default backend: 1.90 ms · Ping 50 times"]);
    await page.mouse.move(0, 0);
    await tips(page).toEqual([]);
  });

  test("dragging looks closer, in all plots over time; a button, or a double-click, shows the whole again", async () => {
    const run = comparedRun();
    const [first] = passingRun().series ?? [];
    const { page } = await open(
      pageOf({ ...run, series: [...(run.series ?? []), ...(first ? [first] : [])] }),
    );
    const { x, y, width, height } = await plot(page, 0);
    const before = await drawn(page, 0, "orange");
    expect(before?.from).toBeCloseTo((45 - 0.2) / 79.8, 1);
    await page.mouse.move(x + width * 0.5, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.75, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await expect
      .poll(() => shownTexts(page, ".unzoom"))
      .toEqual(
        Array.from({ length: 2 }, () =>
          expect.stringMatching(/^39\.\d to 59\.\d s: show the whole$/),
        ),
      );
    const closer = await drawn(page, 0, "orange");
    expect(closer?.from).toBeCloseTo((44.8 - 39.9) / 19.95, 1);
    await page.click(".unzoom:not([hidden])");
    await expect.poll(() => shownTexts(page, ".unzoom")).toEqual([]);
    expect(await drawn(page, 0, "orange")).toEqual(before);
    await page.mouse.move(x + width * 0.5, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.75, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => shownTexts(page, ".unzoom")).toHaveLength(2);
    await page.mouse.click(x + width * 0.6, y + height / 2, { count: 2 });
    await expect.poll(() => shownTexts(page, ".unzoom")).toEqual([]);
    expect(await drawn(page, 0, "orange")).toEqual(before);
  });

  test("a plot is read by keyboard as well", async () => {
    const { page } = await open(pageOf(comparedRun()));
    await page.focus(".plot");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await tips(page).toEqual([expect.stringContaining("8.8 s · remote eDMA: 3.60 ms")]);
  });

  test("plots have the page's colours, and fit a phone", async () => {
    const { page } = await open(pageOf(comparedRun()), { viewport: phone, dark: true });
    const dark = await drawn(page, 0);
    expect(dark).toBeDefined();
    await page.click("#theme");
    await page.waitForFunction(() => document.documentElement.style.colorScheme === "light");
    const light = await drawn(page, 0);
    expect(light?.to).toBeCloseTo(dark?.to ?? 0, 1);
    const { width } = await plot(page, 0);
    expect(width).toBeLessThan(phone.width);
    expect(width).toBeGreaterThan(phone.width / 2);
  });
});
