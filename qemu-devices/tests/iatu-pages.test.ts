// SPDX-License-Identifier: MIT
/**
 * Windows onto RAM that do not fall on pages. QEMU's CPUs abort on RAM that is not whole pages in
 * the places of whole pages, so such windows trap; what they show is the same.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { peerRam } from "./harness/memory-map.ts";

const barSize = 0x10000n;
const local = ramBase + 0x10_0000n;
const other = ramBase + 0x20_0000n;
const { outbound } = endpointMap;

let pair: LinkedPair;
let bar: bigint;
beforeAll(async () => {
  pair = await LinkedPair.start({ "atu-align": 128 });
  await pair.implementBar(0, Number(barSize));
  bar = (await pair.linkUp()).get(0)?.address ?? 0n;
});
afterAll(() => pair?.stop());

const inBar = async () =>
  (await peerRam(pair.host, bar, barSize)).map(({ at, size, offset }) => [at - bar, size, offset]);
const inOutbound = async () =>
  (await peerRam(pair.endpoint, outbound, 0x100_0000n)).map(({ at, size, offset }) => [
    at - outbound,
    size,
    offset,
  ]);

describe("a BAR", () => {
  it("shows RAM at once where pages lead to pages", async () => {
    await pair.iatu.mapBar(0, 0, local);
    await pair.endpoint.bus.writel(local, 0x600d_600d);
    expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
    expect(await inBar()).toEqual([[0n, barSize, local - ramBase]]);
  });

  it("traps where they lead between pages, and leads there", async () => {
    await pair.iatu.disable("inbound", 0);
    await pair.iatu.mapInbound(0, bar, barSize, local + 0x80n);
    await pair.endpoint.bus.writel(local + 0x80n, 0x1234_5678);
    expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
    await pair.host.bus.writel(bar + 0x1000n, 0x8765_4321);
    expect(await pair.host.bus.readl(bar + 0x1000n)).toBe(0x8765_4321);
    expect(await pair.endpoint.bus.readl(local + 0x1080n)).toBe(0x8765_4321);
    expect(await inBar()).toEqual([]);
  });

  it("shows the whole pages of a window, and traps beside them", async () => {
    await pair.iatu.disable("inbound", 0);
    await pair.iatu.mapInbound(1, bar + 0x1080n, 0x3000n, local + 0x80n);
    for (const [index, at] of [0x80n, 0xffcn, 0x1000n, 0x2ffcn, 0x3000n, 0x307cn].entries()) {
      await pair.endpoint.bus.writel(local + at, 0x1000 + index);
      expect(await pair.host.bus.readl(bar + 0x1000n + at)).toBe(0x1000 + index);
    }
    expect(await pair.host.bus.readl(bar + 0x107cn)).toBe(0xffff_ffff);
    expect(await pair.host.bus.readl(bar + 0x4080n)).toBe(0xffff_ffff);
    expect(await inBar()).toEqual([[0x2000n, 0x2000n, local + 0x1000n - ramBase]]);
  });

  it("traps in the pages that a lower region has a part of", async () => {
    await pair.iatu.mapBar(2, 0, other);
    await pair.endpoint.bus.writel(other + 0x1000n, 0x2222_0000);
    await pair.endpoint.bus.writel(other + 0x1080n, 0x2222_0080);
    await pair.endpoint.bus.writel(local + 0x80n, 0x1111_0080);
    expect(await pair.host.bus.readl(bar + 0x1000n)).toBe(0x2222_0000);
    expect(await pair.host.bus.readl(bar + 0x1080n)).toBe(0x1111_0080);
    expect(await inBar()).toEqual([
      [0n, 0x1000n, other - ramBase],
      [0x2000n, 0x2000n, local + 0x1000n - ramBase],
      [0x5000n, 0xb000n, other + 0x5000n - ramBase],
    ]);
    await pair.iatu.disable("inbound", 2);
    await pair.iatu.disable("inbound", 1);
  });

  it("does not show a higher region's RAM where a lower one has registers", async () => {
    await pair.iatu.mapInbound(1, bar + 0x2000n, 0x1000n, endpointMap.dma);
    await pair.iatu.mapBar(2, 0, other);
    await pair.endpoint.bus.writel(other + 0x2008n, 0x5555_5555);
    expect(await pair.host.bus.readl(bar + 0x2008n)).toBe(0x0004_0004);
    await pair.iatu.disable("inbound", 2);
    await pair.iatu.disable("inbound", 1);
  });
});

describe("the outbound window", () => {
  it("shows RAM where pages lead to pages", async () => {
    await pair.iatu.mapOutbound(0, outbound, 0x10_0000n, local);
    await pair.host.bus.writel(local + 0x1000n, 0x600d_f00d);
    expect(await pair.endpoint.bus.readl(outbound + 0x1000n)).toBe(0x600d_f00d);
    expect(await inOutbound()).toEqual([[0n, 0x10_0000n, local - ramBase]]);
  });

  it("traps where they lead between pages, and leads there", async () => {
    await pair.iatu.mapOutbound(0, outbound, 0x10_0000n, local + 0x80n);
    await pair.endpoint.bus.writel(outbound, 0x1122_3344);
    expect(await pair.endpoint.bus.readl(outbound)).toBe(0x1122_3344);
    expect(await pair.host.bus.readl(local + 0x80n)).toBe(0x1122_3344);
    expect(await inOutbound()).toEqual([]);
  });

  it("shows the whole pages of a region, and traps beside them", async () => {
    await pair.iatu.mapOutbound(0, outbound + 0x1080n, 0x3000n, local + 0x80n);
    for (const [index, at] of [0x80n, 0xffcn, 0x1000n, 0x2ffcn, 0x3000n, 0x307cn].entries()) {
      await pair.host.bus.writel(local + at, 0x2000 + index);
      expect(await pair.endpoint.bus.readl(outbound + 0x1000n + at)).toBe(0x2000 + index);
    }
    expect(await pair.endpoint.bus.readl(outbound + 0x107cn)).toBe(0xffff_ffff);
    expect(await inOutbound()).toEqual([[0x2000n, 0x2000n, local + 0x1000n - ramBase]]);
  });
});
