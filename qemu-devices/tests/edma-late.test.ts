// SPDX-License-Identifier: MIT
/**
 * What comes too late for a channel at work: doorbells, and elements behind the one at hand. Reported of an i.MX by the
 * author of dw-edma's circular lists: the engine has asked for the next element, the driver writes that element and
 * rings, the doorbell is missed, the old element arrives, the channel stops.
 */
import { readFile } from "node:fs/promises";
import { describe, expect, it, vi } from "vitest";
import { data, list, local, startDma, startList, untilState } from "./harness/dma.ts";
import { control, elementSize, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import type { LinkedPair } from "./harness/linked-pair.ts";
import { suspend } from "./harness/suspend.ts";

const { cycle } = control;
const behind = (elements: number) => list + BigInt(elements * elementSize);

async function withPair(
  properties: Readonly<Record<string, string | number>>,
  look: (pair: LinkedPair) => Promise<void>,
): Promise<void> {
  const pair = await startDma(properties);
  try {
    await look(pair);
  } finally {
    await pair.stop();
  }
}

const taken = async (pair: LinkedPair) => (await pair.stats()).write[0]?.doorbells ?? 0;

/** Rings a channel that runs in circles, then ends its list. How many doorbells it has taken beside the first. */
async function ringLate(pair: LinkedPair): Promise<number> {
  const before = await taken(pair);
  await startList(pair, "write", 0, [data("write", 64, cycle), { next: list, flags: cycle }]);
  await eventually(() => taken(pair), before + 1);
  await pair.edma.ring("write", 0);
  await pair.endpoint.bus.write(behind(1), linkedList([data("write", 64, 0)]));
  await untilState(pair, "write", 0, "stopped");
  return (await taken(pair)) - before - 1;
}

describe("a doorbell of a channel at work", () => {
  it("is lost", () =>
    withPair({}, async (pair) => {
      expect(await ringLate(pair)).toBe(0);
      // Rung again at rest it is taken.
      const before = await taken(pair);
      await pair.edma.ring("write", 0);
      await eventually(() => taken(pair), before + 1);
    }));

  it("is taken when the channel has come to rest, where that is forgiven", () =>
    withPair({ "forgive-late-doorbell": "on" }, async (pair) => {
      expect(await ringLate(pair)).toBe(1);
    }));

  it("may be lost or not, and which is the seed's", async () => {
    const luck = async (seed: number) => {
      const each: number[] = [];
      const properties = { "forgive-late-doorbell": "random", "forgive-seed": seed };
      await withPair(properties, async (pair) => {
        for (let time = 0; time < 24; time++) each.push(await ringLate(pair));
      });
      return each;
    };
    const first = await luck(7);
    expect(new Set(first)).toEqual(new Set([0, 1]));
    expect(await luck(7)).toEqual(first);
    expect(await luck(8)).not.toEqual(first);
  });
});

/** A register of the host's GIC: memory that is no RAM, so that an element that reads there waits for the host. */
const device = 0x0800_0004n;

/**
 * While a channel is at its list's only element, a second one is written behind it. How many elements it has moved when
 * it stops.
 */
async function writeLate(pair: LinkedPair, event: string): Promise<number | undefined> {
  const waiting = { source: device, destination: local, size: 64, flags: cycle };
  await pair.endpoint.bus.write(behind(1), Buffer.alloc(2 * elementSize));
  await suspend(pair.host.process.pid);
  await startList(pair, "read", 0, [waiting]);
  await vi.waitFor(async () => {
    expect(await readFile(pair.endpoint.log, "utf8")).toMatch(event);
  });
  const late = { ...waiting, source: device };
  await pair.endpoint.bus.write(behind(1), linkedList([late]));
  process.kill(pair.host.process.pid, "SIGCONT");
  await untilState(pair, "read", 0, "stopped");
  return (await pair.stats()).read[0]?.elements;
}

describe("an element that is written while the one before it is moved", () => {
  it("is not seen: it was fetched ahead", () =>
    withPair({ trace: "dwc_edma_ahead" }, async (pair) => {
      expect(await writeLate(pair, "dwc_edma_ahead read 0")).toBe(1);
      expect((await pair.edma.position("read", 0)).next).toBe(behind(1));
    }));

  it("is seen where that is forgiven", () =>
    withPair({ "forgive-stale-element": "on", trace: "dwc_edma_element" }, async (pair) => {
      expect(await writeLate(pair, "dwc_edma_element read 0")).toBe(2);
    }));
});

describe("what is forgiven", () => {
  it.each([
    ["forgive-late-doorbell", "maybe", "must be on, random or off, not 'maybe'"],
    ["forgive-abort-enable", "random", "must be on or off, not 'random'"],
  ])("%s cannot be %s", async (property, value, message) => {
    await expect(startDma({ [property]: value })).rejects.toThrow(message);
  });
});
