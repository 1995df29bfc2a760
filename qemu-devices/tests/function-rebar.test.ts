// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";

const bar = 2;
const MiB = 0x10_0000;
/** 16 MiB of RAM of the endpoint behind the BAR. */
const target = ramBase + 0x100_0000n;
const express = 0x10;
const capability = 0x148;
/** The entry of BAR 2: one of eight bytes for each BAR before it, behind the header. */
const sizes = capability + 4 + bar * 8;
const control = sizes + 4;
const code = (mebibytes: number) => Math.log2(mebibytes) << 8;

let pair: LinkedPair;
beforeEach(async () => {
  pair = await LinkedPair.start({ "resizable-bars": "on" });
  // As dw_pcie_ep_set_bar_resizable: only the enable bit in DBI2, then the sizes that there are.
  const register = BigInt(0x10 + bar * 4);
  await pair.allowReadOnlyWrites(true);
  await pair.endpoint.bus.writel(endpointMap.dbi2 + register, 1);
  await pair.endpoint.bus.writel(endpointMap.dbi + register, 0);
  await pair.endpoint.bus.writel(endpointMap.dbi + BigInt(sizes), 0b0101_0000);
  await pair.allowReadOnlyWrites(false);
  await pair.iatu.mapBar(0, bar, target);
  await pair.endpoint.bus.writel(target + BigInt(3 * MiB), 0x1234_5678);
});
afterEach(() => pair?.stop());

const select = async (mebibytes: number) => {
  const now = await pair.rootComplex.readConfig(control);
  await pair.rootComplex.writeConfig(control, (now & ~0x3f00) | code(mebibytes));
};
const selected = async () => (await pair.rootComplex.readConfig(control)) & 0x3f00;
const size = async () => (await pair.rootComplex.assignBars()).get(bar);

describe("a resizable BAR", () => {
  it("has the smallest size offered, and the host finds the capability", async () => {
    const bars = await pair.linkUp();
    expect(bars.get(bar)?.size).toBe(BigInt(MiB));
    expect((await pair.rootComplex.readConfig(capability)) & 0xffff).toBe(0x15);
    expect(await pair.rootComplex.readConfig(sizes)).toBe(0b0101_0000);
    expect((await pair.rootComplex.readConfig(control)) & 7).toBe(bar);
  });

  it("takes the size that the host selects, and the window grows with it", async () => {
    await pair.linkUp();
    await pair.rootComplex.writeConfigWord(4, 0);
    await select(4);
    expect(await selected()).toBe(code(4));
    const grown = await size();
    expect(grown?.size).toBe(BigInt(4 * MiB));
    expect(await pair.host.bus.readl((grown?.address ?? 0n) + BigInt(3 * MiB))).toBe(0x1234_5678);
    await select(1);
    const shrunk = await size();
    expect(shrunk?.size).toBe(BigInt(MiB));
    expect(await pair.host.bus.readl((shrunk?.address ?? 0n) + BigInt(3 * MiB))).toBe(0xffff_ffff);
  });

  it("refuses a size that is not offered", async () => {
    await pair.linkUp();
    await select(2);
    expect(await selected()).toBe(code(1));
    expect((await size())?.size).toBe(BigInt(MiB));
  });

  it("has its first size again after a reset", async () => {
    await pair.linkUp();
    await pair.rootComplex.writeConfigWord(4, 0);
    await select(4);
    const at = await pair.rootComplex.functionCapability(express);
    await pair.rootComplex.writeConfigWord(at + 8, 1 << 15);
    expect(await selected()).toBe(code(1));
    expect((await size())?.size).toBe(BigInt(MiB));
  });
});
