// SPDX-License-Identifier: MIT
/** What is on its way when the link is lost ends, and ends with an error. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { list, local, wrap } from "./harness/dma.ts";
import { control, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";
import { suspend } from "./harness/suspend.ts";

/** A register of the GIC's distributor: memory that is no RAM, so that each access travels. */
const device = 0x0800_0004n;

let pair: LinkedPair;
beforeEach(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapOutbound(0, endpointMap.outbound, 0x10_0000n, device & ~0xfffn);
  await pair.linkUp();
});
afterEach(() => pair?.stop());

/** The host neither answers nor hangs up. */
const stopHost = () => suspend(pair.host.process.pid);

/** Read channel 0 has a list with one element, whose source travels. */
async function prepareRead(): Promise<void> {
  const element = { source: device, destination: local, size: 64, flags: control.cycle };
  await pair.endpoint.bus.write(list, linkedList([element, wrap]));
  await pair.edma.prepareList("read", 0, list);
}

describe("when the host is lost", () => {
  it("a read through the outbound window returns all ones and is counted", async () => {
    const at = endpointMap.outbound + (device & 0xfffn);
    expect(await pair.endpoint.bus.readl(at)).not.toBe(0xffff_ffff);
    const before = (await pair.stats()).faults;
    await stopHost();
    const reading = pair.endpoint.bus.readl(at);
    await pair.host.process.kill();
    expect(await reading).toBe(0xffff_ffff);
    expect((await pair.stats()).faults).toBe(before + 1);
  });

  it("an element of the engine aborts", async () => {
    await prepareRead();
    await stopHost();
    await pair.edma.ring("read", 0);
    expect(await pair.edma.state("read", 0)).toBe("running");
    await pair.host.process.kill();
    await eventually(() => pair.edma.state("read", 0), "halted");
    expect((await pair.stats()).read[0]?.aborts).toBe(1);
  });

  it("an element of the engine aborts for a host that lives and answers no more", async () => {
    await prepareRead();
    await stopHost();
    await pair.edma.ring("read", 0);
    await vi.waitFor(async () => expect(await pair.edma.state("read", 0)).toBe("halted"), {
      timeout: 10_000,
      interval: 10,
    });
    expect(await pair.linkState()).toBe("waiting");
  });

  it("writes to its memory are dropped and counted", async () => {
    await pair.host.process.kill();
    await vi.waitFor(async () => expect(await pair.linkState()).toBe("waiting"), {
      timeout: 5000,
      interval: 5,
    });
    const before = (await pair.stats()).faults;
    await pair.endpoint.bus.writel(endpointMap.outbound, 1);
    expect((await pair.stats()).faults).toBe(before + 1);
  });
});
