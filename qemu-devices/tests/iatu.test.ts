// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";

const bar = 0;
const barSize = 0x10000;
const target = ramBase + 0x10_0000n;
const otherTarget = ramBase + 0x20_0000n;

describe("inbound windows", () => {
  let pair: LinkedPair;
  let address: bigint;
  beforeAll(async () => {
    pair = await LinkedPair.start();
    await pair.implementBar(bar, barSize);
    await pair.iatu.mapBar(0, bar, target);
    const bars = await pair.linkUp();
    expect([...bars].map(([number, { size }]) => [number, size])).toEqual([[bar, BigInt(barSize)]]);
    address = bars.get(bar)?.address ?? 0n;
  });
  afterAll(() => pair?.stop());

  it("carry the host's writes into the endpoint's RAM", async () => {
    await pair.host.bus.writel(address + 0x123cn, 0xcafe_f00d);
    expect(await pair.endpoint.bus.readl(target + 0x123cn)).toBe(0xcafe_f00d);
  });

  it("show the endpoint's RAM to the host", async () => {
    await pair.endpoint.bus.writeq(target + 0xfff8n, 0x0123_4567_89ab_cdefn);
    expect(await pair.host.bus.readq(address + 0xfff8n)).toBe(0x0123_4567_89ab_cdefn);
  });

  it("follow the region when it is given another target", async () => {
    await pair.endpoint.bus.writel(otherTarget, 0x5555_aaaa);
    await pair.iatu.mapBar(0, bar, otherTarget);
    expect(await pair.host.bus.readl(address)).toBe(0x5555_aaaa);
  });

  it("can be subranges of a BAR, matched by address", async () => {
    await pair.iatu.disable("inbound", 0);
    await pair.iatu.mapInbound(1, address, 0x4000n, otherTarget);
    await pair.iatu.mapInbound(2, address + 0x4000n, 0xc000n, target);
    await pair.endpoint.bus.writel(otherTarget + 0x3ffcn, 0x1111_2222);
    await pair.endpoint.bus.writel(target, 0x3333_4444);
    expect(await pair.host.bus.readl(address + 0x3ffcn)).toBe(0x1111_2222);
    expect(await pair.host.bus.readl(address + 0x4000n)).toBe(0x3333_4444);
  });

  it("answer with all ones where no region matches", async () => {
    await pair.iatu.disable("inbound", 1);
    await pair.iatu.disable("inbound", 2);
    expect(await pair.host.bus.readl(address)).toBe(0xffff_ffff);
    expect((await pair.stats()).faults).toBeGreaterThan(0);
  });
});

describe("an inbound region that matches a BAR", () => {
  const page = 0x1000n;

  async function withPair(
    properties: Readonly<Record<string, string | number>>,
    look: (pair: LinkedPair) => Promise<void>,
  ): Promise<void> {
    const pair = await LinkedPair.start(properties);
    try {
      await look(pair);
    } finally {
      await pair.stop();
    }
  }

  /** Where the start of the BAR leads, by what the host reads there. */
  async function leads(pair: LinkedPair): Promise<bigint> {
    const at = (await pair.linkUp()).get(bar)?.address ?? 0n;
    return BigInt(await pair.host.bus.readl(at));
  }

  /** Every page of the endpoint's RAM around the target begins with its number. */
  async function number(pair: LinkedPair): Promise<void> {
    for (let index = 0; index < 16; index++)
      await pair.endpoint.bus.writel(target + BigInt(index) * page, index);
  }

  it("replaces the low bits of its target by the offset", () =>
    withPair({}, async (pair) => {
      await number(pair);
      await pair.implementBar(bar, 0x4000);
      await pair.iatu.mapBar(0, bar, target + 5n * page);
      expect(await leads(pair)).toBe(4n);
      expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(Number(target + 4n * page));
    }));

  it("adds the offset to its target where that is forgiven", () =>
    withPair({ "forgive-bar-match": "on" }, async (pair) => {
      await number(pair);
      await pair.implementBar(bar, 0x4000);
      await pair.iatu.mapBar(0, bar, target + 5n * page);
      expect(await leads(pair)).toBe(5n);
    }));

  it("that is enabled before the BAR's mask shrinks has lost bits by the old one", () =>
    withPair({}, async (pair) => {
      await number(pair);
      await pair.implementBar(bar, 0x8000);
      await pair.iatu.mapBar(0, bar, target + 6n * page);
      await pair.implementBar(bar, 0x2000);
      expect(await leads(pair)).toBe(0n);
    }));

  it("that is enabled after the BAR's mask shrank has its bits", () =>
    withPair({}, async (pair) => {
      await number(pair);
      await pair.implementBar(bar, 0x8000);
      await pair.implementBar(bar, 0x2000);
      await pair.iatu.mapBar(0, bar, target + 6n * page);
      expect(await leads(pair)).toBe(6n);
    }));

  it("that is enabled before the BAR's mask grows ends as the new one says", () =>
    withPair({}, async (pair) => {
      await number(pair);
      await pair.iatu.mapBar(0, bar, target + 6n * page);
      await pair.implementBar(bar, 0x4000);
      expect(await leads(pair)).toBe(4n);
    }));
});
