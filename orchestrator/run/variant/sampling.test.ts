// SPDX-License-Identifier: MIT

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { controllerStats } from "../../lab/stats.ts";
import { countersOf } from "../../lab/testing/counters.ts";
import { idleChannel } from "../../lab/testing/idle-channel.ts";
import { CounterSampler, LinkSamplers } from "./sampling.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function stats(bytes: number) {
  return countersOf({ read: [{ ...idleChannel, bytes }], msi: 7 });
}

test("counters are read at once and then twice a second, until stopped", async () => {
  let bytes = 0;
  const sampler = new CounterSampler(
    async () => {
      bytes += 100;
      return stats(bytes);
    },
    () => Date.now() - began,
  );
  const began = Date.now();
  await vi.advanceTimersByTimeAsync(1200);
  const read = sampler.stop().find(({ name }) => name === "engine.read.bytes");
  expect(read).toEqual({
    name: "engine.read.bytes",
    unit: "B",
    cumulative: true,
    points: [
      [0, 100],
      [500, 200],
      [1000, 300],
    ],
  });
  await vi.advanceTimersByTimeAsync(5000);
  expect(bytes).toBe(300);
});

test("a VM that is gone leaves a gap, and another one in its place adds to what it had counted", async () => {
  const readings = [stats(100), stats(150), undefined, stats(30), stats(40)];
  const sampler = new CounterSampler(
    async () => {
      const reading = readings.shift();
      if (!reading) throw new Error("gone");
      return reading;
    },
    () => 5 - readings.length,
  );
  await vi.advanceTimersByTimeAsync(2200);
  const read = sampler.stop().find(({ name }) => name === "engine.read.bytes");
  expect(read?.points).toEqual([
    [1, 100],
    [2, 150],
    [4, 180],
    [5, 190],
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

test("asked in between, it counts over all VMs, and knows nothing while there is none", async () => {
  const readings = [stats(100), stats(150), undefined, stats(30)];
  const sampler = new CounterSampler(
    async () => {
      return readings.shift();
    },
    () => 0,
  );
  await vi.advanceTimersByTimeAsync(0);
  const bytes = async () => (await sampler.readNow())?.read[0]?.bytes;
  expect([await bytes(), await bytes(), await bytes()]).toEqual([150, undefined, 180]);
  expect(sampler.counted?.msi).toBe(14);
  sampler.stop();
});

test("a VM that is on and does not answer leaves a gap in the plot, and who asks is told", async () => {
  const readings = [stats(100), stats(150)];
  const sampler = new CounterSampler(
    async () => {
      const reading = readings.shift();
      if (!reading) throw new Error("no answer");
      return reading;
    },
    () => readings.length,
  );
  await vi.advanceTimersByTimeAsync(1200);
  await expect(sampler.readNow()).rejects.toThrow("no answer");
  expect(sampler.counted?.msi).toBe(7);
  const read = sampler.stop().find(({ name }) => name === "engine.read.bytes");
  expect(read?.points).toEqual([
    [1, 100],
    [0, 150],
  ]);
});

test("a reading that comes after the end is left out, and is the last", async () => {
  let answer: (stats: ReturnType<typeof controllerStats.parse>) => void = () => {};
  const sampler = new CounterSampler(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
    () => 0,
  );
  const series = sampler.stop();
  answer(stats(1));
  await vi.advanceTimersByTimeAsync(2000);
  expect(series).toEqual([]);
  expect(sampler.stop()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

describe("several links", () => {
  test("are sampled each by itself, and one whose VM is off is left out", async () => {
    const counts: Record<string, number> = { west: 3, east: 7 };
    const read = async (link: string) => {
      const msi = counts[link];
      return msi === undefined ? undefined : countersOf({ msi });
    };
    const links = [{ name: "west" }, { name: "east" }, { name: "gone" }];
    const samplers = new LinkSamplers(links, read, () => 5);
    const now = await samplers.readNow();
    expect(Object.entries(now).map(([link, { msi }]) => [link, msi])).toEqual([
      ["west", 3],
      ["east", 7],
    ]);
    counts.west = 4;
    await samplers.readNow();
    expect(samplers.counted).toMatchObject({ west: { msi: 4 }, east: { msi: 7 } });
    const names = samplers.stop().map(({ name }) => name);
    expect(names).toContain("link.west.msi.count");
    expect(names).toContain("link.east.msi.count");
    expect(names.some((name) => name.startsWith("link.gone"))).toBe(false);
  });
});
