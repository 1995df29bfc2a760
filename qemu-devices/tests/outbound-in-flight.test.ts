// SPDX-License-Identifier: MIT
/**
 * Writes that are on their way to the outbound window when a region changes. Source: `pcie-designware-ep.c`, by which iATU registers
 * are not to be updated while there are operations in flight on the AXI bridge, and which reads back before it unmaps.
 */
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

/** GICD_IPRIORITYR of interrupts 160 to 163 in the host: not RAM, and it keeps the five upper bits of each byte. */
const target = 0x0800_0400n + 160n;
const [first, second] = [0x0800_0000n, 0x0900_0000n];
const offset = target - first;
const window = endpointMap.outbound;
const longEnough = 1000;

let pair: LinkedPair;
afterEach(() => pair?.stop());

async function start(forgive: string) {
  pair = await LinkedPair.start({ "forgive-region-change": forgive });
  await pair.linkUp();
  await pair.iatu.mapOutbound(0, window, 0x1000n, first);
  return { bus: pair.endpoint.bus, arrived: () => pair.host.bus.readl(target) };
}

const faults = async () => (await pair.stats()).faults;

describe("a write to the window, where a change of the region is not forgiven", () => {
  it("arrives after a moment", async () => {
    const { bus, arrived } = await start("off");
    await bus.writel(window + offset, 0x1010_1010);
    expect(await arrived()).toBe(0);
    await bus.elapse(longEnough);
    await eventually(arrived, 0x1010_1010);
  });

  it("is lost if the region is disabled meanwhile", async () => {
    const { bus, arrived } = await start("off");
    await bus.writel(window + offset, 0x1010_1010);
    await pair.iatu.disable("outbound", 0);
    const before = await faults();
    await bus.elapse(longEnough);
    expect(await faults()).toBe(before + 1);
    expect(await arrived()).toBe(0);
  });

  it("goes where the region leads by then", async () => {
    const { bus, arrived } = await start("off");
    await bus.writel(window + offset, 0x1010_1010);
    await pair.iatu.mapOutbound(0, window, 0x1000n, second);
    await bus.elapse(longEnough);
    await pair.iatu.mapOutbound(0, window, 0x1000n, first);
    await bus.writel(window + offset + 4n, 0x2020_2020);
    await bus.elapse(longEnough);
    await eventually(() => pair.host.bus.readl(target + 4n), 0x2020_2020);
    expect(await arrived()).toBe(0);
  });

  it("is pushed by a read from the window, and with it those before", async () => {
    const { bus, arrived } = await start("off");
    await bus.writel(window + offset, 0x1010_1010);
    await bus.writel(window + offset, 0x2020_2020);
    expect(await bus.readl(window + offset)).toBe(0x2020_2020);
    await pair.iatu.disable("outbound", 0);
    await eventually(arrived, 0x2020_2020);
  });

  it("is lost with a reset of the machine", async () => {
    const { bus } = await start("off");
    await bus.writel(window + offset, 0x1010_1010);
    const before = await faults();
    await pair.endpoint.qmp.execute("system_reset");
    await bus.elapse(longEnough);
    expect(await faults()).toBe(before);
  });
});

describe("a write to the window, where a change of the region is forgiven", () => {
  it("leaves at once", async () => {
    const { bus, arrived } = await start("on");
    await bus.writel(window + offset, 0x1010_1010);
    await pair.iatu.disable("outbound", 0);
    await eventually(arrived, 0x1010_1010);
  });
});
