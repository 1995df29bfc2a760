// SPDX-License-Identifier: MIT
/** Which outbound region matches; and control 1, bit 13, in both directions. */
import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { increaseRegionSize } from "./harness/iatu.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { peerRam } from "./harness/memory-map.ts";

const { outbound } = endpointMap;
const gigabyte = 1n << 30n;
const barSize = 0x10000;
/** Two places in the host's RAM, whose words say where they are. */
const first = ramBase + 0x10_0000n;
const second = ramBase + 0x20_0000n;
const nothing = 0xffff_ffff;
const assertIntA = 0x20;

let pair: LinkedPair;
let bar: bigint;
beforeAll(async () => {
  pair = await LinkedPair.start({ "outbound-size": "8G", trace: "dwc_*_translate" });
  await pair.implementBar(0, barSize);
  bar = (await pair.linkUp()).get(0)?.address ?? 0n;
  for (let at = 0n; at < 0x1_0000n; at += 0x1000n) {
    await pair.host.bus.writel(first + at, Number(first + at));
    await pair.host.bus.writel(second + at, Number(second + at));
  }
});
afterAll(() => pair?.stop());
afterEach(async () => {
  for (const region of [0, 1, 2]) {
    await pair.iatu.disable("outbound", region);
    await pair.iatu.disable("inbound", region);
  }
});

const read = (at: bigint) => pair.endpoint.bus.readl(outbound + at);
const shown = async () =>
  (await peerRam(pair.endpoint, outbound, 8n * gigabyte)).map(({ at, size, offset }) => [
    at - outbound,
    size,
    offset + ramBase,
  ]);

describe("of outbound regions that match the same address", () => {
  it("the lowest wins, whichever was programmed first", async () => {
    await pair.iatu.mapOutbound(2, outbound, 0x1_0000n, second);
    await pair.iatu.mapOutbound(0, outbound + 0x4000n, 0x2000n, first);
    expect(await read(0x3000n)).toBe(Number(second + 0x3000n));
    expect(await read(0x4000n)).toBe(Number(first));
    expect(await read(0x5000n)).toBe(Number(first + 0x1000n));
    expect(await read(0x6000n)).toBe(Number(second + 0x6000n));
    expect(await shown()).toEqual([
      [0n, 0x4000n, second],
      [0x4000n, 0x2000n, first],
      [0x6000n, 0xa000n, second + 0x6000n],
    ]);
  });

  it("a higher one shows where a lower one has been disabled", async () => {
    await pair.iatu.mapOutbound(0, outbound, 0x4000n, first);
    await pair.iatu.mapOutbound(1, outbound, 0x8000n, second);
    expect(await read(0x1000n)).toBe(Number(first + 0x1000n));
    await pair.iatu.disable("outbound", 0);
    expect(await read(0x1000n)).toBe(Number(second + 0x1000n));
  });

  it("a higher one that lies within a lower one is never seen", async () => {
    await pair.iatu.mapOutbound(0, outbound, 0x8000n, first);
    await pair.iatu.mapOutbound(1, outbound + 0x2000n, 0x1000n, second);
    expect(await read(0x2000n)).toBe(Number(first + 0x2000n));
  });

  it("the lowest wins when it is not for memory", async () => {
    await pair.iatu.mapMessage(0, outbound + 0x2000n, 0x1000n, assertIntA);
    await pair.iatu.mapOutbound(1, outbound, 0x8000n, first);
    const { faults } = await pair.stats();
    expect(await read(0x2000n)).toBe(nothing);
    expect((await pair.stats()).faults).toBe(faults + 1);
    expect(await read(0x3000n)).toBe(Number(first + 0x3000n));
    await pair.endpoint.bus.writel(outbound + 0x2000n, 0x1234);
    expect(await pair.host.bus.readl(first + 0x2000n)).toBe(Number(first + 0x2000n));
  });
});

describe("between outbound regions", () => {
  it("reads give all ones, writes are dropped, and both are counted", async () => {
    await pair.iatu.mapOutbound(0, outbound, 0x1000n, first);
    await pair.iatu.mapOutbound(1, outbound + 0x2000n, 0x1000n, first + 0x2000n);
    const { faults } = await pair.stats();
    expect(await read(0x1000n)).toBe(nothing);
    await pair.endpoint.bus.writel(outbound + 0x1000n, 1);
    expect((await pair.stats()).faults).toBe(faults + 2);
    expect(await pair.host.bus.readl(first + 0x1000n)).toBe(Number(first + 0x1000n));
    expect(await read(0x2000n)).toBe(Number(first + 0x2000n));
  });
});

describe("control 1, bit 13", () => {
  const border = 4n * gigabyte;

  it("lets an outbound region cross 4 GiB", async () => {
    await pair.iatu.mapOutbound(0, outbound + border - 0x1000n, 0x3000n, first, increaseRegionSize);
    expect(await read(border - 0x1000n)).toBe(Number(first));
    expect(await read(border)).toBe(Number(first + 0x1000n));
    expect(await read(border + 0x1000n)).toBe(Number(first + 0x2000n));
    expect(await read(border + 0x2000n)).toBe(nothing);
    expect(await shown()).toEqual([[border - 0x1000n, 0x3000n, first]]);
  });

  it("clear, the upper limit does not count: the region ends below its base", async () => {
    await pair.iatu.mapOutbound(0, outbound + border - 0x1000n, 0x3000n, first);
    expect(await read(border - 0x1000n)).toBe(nothing);
    expect(await read(border)).toBe(nothing);
    expect(await shown()).toEqual([]);
  });

  it("lets an inbound region that matches addresses cross 4 GiB", async () => {
    await pair.endpoint.bus.writel(first, 0x1b0d_1b0d);
    await pair.iatu.mapInbound(0, bar, border, first, increaseRegionSize);
    expect(await pair.host.bus.readl(bar)).toBe(0x1b0d_1b0d);
    await pair.iatu.mapInbound(0, bar, border, first);
    expect(await pair.host.bus.readl(bar)).toBe(nothing);
  });
});

describe("trace events", () => {
  it("say which region translated an access that traps", async () => {
    await pair.iatu.mapMessage(1, outbound + 0x2000n, 0x1000n, assertIntA);
    await pair.endpoint.bus.writel(outbound + 0x2010n, 0);
    await pair.iatu.mapBar(2, 0, endpointMap.dbi);
    await pair.host.bus.readl(bar + 0x8n);
    // The answer may be here before the log, which comes by another way.
    await vi.waitFor(async () => {
      const log = await readFile(pair.endpoint.log, "utf8");
      expect(log).toMatch(/dwc_outbound_translate region 1: window \+ 0x2010 size 4 .* type 0x10/);
      expect(log).toMatch(/dwc_inbound_translate region 2: BAR 0 \+ 0x8 size \d -> 0xb000008/);
    });
  });
});
