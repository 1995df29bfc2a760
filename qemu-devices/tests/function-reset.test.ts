// SPDX-License-Identifier: MIT
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { control, linkedList } from "./harness/edma.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { config } from "./harness/root-complex.ts";

const target = ramBase + 0x10_0000n;
const list = ramBase + 0x20_0000n;
const local = ramBase + 0x30_0000n;
/** In the host's GIC: a byte for each interrupt, which keeps the five upper bits. */
const priorities = 0x0800_0420n;
const msiCapability = 5;
const expressCapability = 0x10;
const deviceControl = 8;
const functionLevelReset = 1 << 15;

let pair: LinkedPair;
let bar: bigint;
beforeEach(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapBar(0, 0, target);
  bar = (await pair.linkUp()).get(0)?.address ?? 0n;
  await pair.endpoint.bus.writel(target, 0x1234_5678);
  expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
});
afterEach(() => pair?.stop());

async function functionLevelResets(): Promise<void> {
  const express = await pair.rootComplex.functionCapability(expressCapability);
  await pair.rootComplex.writeConfigWord(express + deviceControl, functionLevelReset);
}

describe.each([
  ["a function-level reset", functionLevelResets],
  ["a reset of the secondary bus", () => pair.rootComplex.resetSecondaryBus()],
] as const)("%s", (_what, reset) => {
  it("forgets what the host wrote and keeps what the endpoint's driver wrote", async () => {
    const msi = await pair.rootComplex.functionCapability(msiCapability);
    await pair.rootComplex.writeConfig(msi + 4, 0x0800_0214);
    await pair.rootComplex.writeConfigWord(msi + 2, 1);
    await pair.allowReadOnlyWrites(true);
    await pair.endpoint.bus.writew(endpointMap.dbi + 2n, 0x0809);
    await pair.allowReadOnlyWrites(false);
    await reset();
    for (const read of [
      (register: number) => pair.rootComplex.readConfig(register),
      (register: number) => pair.endpoint.bus.readl(endpointMap.dbi + BigInt(register)),
    ]) {
      expect((await read(config.command)) & 0xffff).toBe(0);
      expect(await read(config.bar0)).toBe(0);
      expect((await read(msi)) & (0x71 << 16)).toBe(0);
      expect(await read(msi + 4)).toBe(0);
      expect((await read(0)) >>> 16).toBe(0x0809);
    }
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
    const again = await pair.rootComplex.assignBars();
    expect(await pair.host.bus.readl(again.get(0)?.address ?? 0n)).toBe(0x1234_5678);
  });

  it("ends what the engine has in flight with an abort", async () => {
    await pair.endpoint.bus.write(
      list,
      linkedList([
        { source: local, destination: local, size: 4096, flags: control.cycle },
        { next: list, flags: control.cycle },
      ]),
    );
    await pair.edma.prepareList("write", 0, list);
    await pair.edma.ring("write", 0);
    expect(await pair.edma.state("write", 0)).toBe("running");
    await reset();
    await vi.waitFor(async () => expect(await pair.edma.state("write", 0)).toBe("halted"), {
      timeout: 5000,
      interval: 2,
    });
  });
});

describe("memory enable", () => {
  it("off: the BARs do not answer; on: they do", async () => {
    await pair.rootComplex.writeConfigWord(config.command, 0);
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
    await pair.rootComplex.enable();
    expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
  });
});

describe("bus mastering", () => {
  const window = endpointMap.outbound;
  beforeEach(() => pair.iatu.mapOutbound(0, window, 0x1000n, local));

  it("off: reads of the host's memory give all ones, writes are dropped, both are counted", async () => {
    await pair.host.bus.writel(local, 0x5555_aaaa);
    expect(await pair.endpoint.bus.readl(window)).toBe(0x5555_aaaa);
    await pair.rootComplex.disableBusMaster();
    const before = (await pair.stats()).faults;
    await vi.waitFor(async () => expect(await pair.endpoint.bus.readl(window)).toBe(0xffff_ffff), {
      timeout: 5000,
      interval: 2,
    });
    await pair.endpoint.bus.writel(window, 1);
    expect(await pair.host.bus.readl(local)).toBe(0x5555_aaaa);
    expect((await pair.stats()).faults).toBeGreaterThanOrEqual(before + 2);
    await pair.rootComplex.enable();
    await vi.waitFor(async () => expect(await pair.endpoint.bus.readl(window)).toBe(0x5555_aaaa), {
      timeout: 5000,
      interval: 2,
    });
  });

  it.each([
    ["off", async () => () => pair.rootComplex.disableBusMaster()],
    [
      "reset",
      async () => {
        const express = await pair.rootComplex.functionCapability(expressCapability);
        const register = express + deviceControl;
        return () => pair.rootComplex.writeConfigWord(register, functionLevelReset);
      },
    ],
  ])("%s: does not take along what was written before", async (_how, prepare) => {
    const end = await prepare();
    // Not RAM, so what the endpoint writes there waits for the host, who waits for the endpoint to take its request.
    await pair.host.bus.writel(priorities, 0);
    await pair.iatu.mapOutbound(0, window, 0x1000n, priorities & ~0xfffn);
    const path = "/machine/peripheral/fn0";
    const value = 1_000_000;
    await pair.host.qmp.execute("qom-set", { path, property: "latency-us", value });
    const going = end();
    // The request is on its way by then, and will be for the rest of a second.
    await setTimeout(200);
    await pair.endpoint.bus.writel(window + (priorities & 0xfffn), 0x10);
    await going;
    expect(await pair.host.bus.readl(priorities)).toBe(0x10);
  });
});
