// SPDX-License-Identifier: MIT
/** A host that translates: everything the endpoint does goes through its SMMUv3. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { list, local, untilState } from "./harness/dma.ts";
import { control, type Direction, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { Smmu, smmuArguments } from "./harness/smmu.ts";
import { suspend } from "./harness/suspend.ts";

/** Bus 1, device 0, function 0. */
const stream = 0x100;
const iova = 0x8000_0000n;
const window = endpointMap.outbound;
/** Where the pages are in the host: not in the order of their addresses on the bus. */
const first = ramBase + 0x203_0000n;
const second = ramBase + 0x201_0000n;
const other = ramBase + 0x207_0000n;
const tables = ramBase + 0x100_0000n;

let pair: LinkedPair;
let smmu: Smmu;
beforeEach(async () => {
  pair = await LinkedPair.start({}, { hostArguments: smmuArguments });
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapOutbound(0, window, 0x20_0000n, iova);
  await pair.linkUp();
  smmu = new Smmu(pair.host.bus, tables);
  await smmu.enable(stream);
  await smmu.map(iova, first);
  await smmu.map(iova + 0x1000n, second);
});
afterEach(() => pair?.stop());

async function transfer(direction: Direction, source: bigint, destination: bigint, size: number) {
  await pair.endpoint.bus.write(
    list,
    linkedList([
      { source, destination, size, flags: control.cycle | control.localInterrupt },
      { next: list, flags: control.toggleCycle },
    ]),
  );
  await pair.edma.prepareList(direction, 0, list);
  await pair.edma.ring(direction, 0);
}

const pattern = (size: number) =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) & 255));

describe("mapped addresses", () => {
  it("the engine reads and writes pages wherever they are", async () => {
    const data = pattern(0x1800);
    await pair.host.bus.write(first + 0x800n, data.subarray(0, 0x800));
    await pair.host.bus.write(second, data.subarray(0x800));
    await transfer("read", iova + 0x800n, local, data.length);
    await untilState(pair, "read", 0, "stopped");
    expect((await pair.endpoint.bus.read(local, data.length)).equals(data)).toBe(true);

    data.reverse();
    await pair.endpoint.bus.write(local, data);
    await transfer("write", local, iova + 0x800n, data.length);
    await untilState(pair, "write", 0, "stopped");
    const there = Buffer.concat([
      await pair.host.bus.read(first + 0x800n, 0x800),
      await pair.host.bus.read(second, 0x1000),
    ]);
    expect(there.equals(data)).toBe(true);
    expect(await smmu.events()).toBe(0);
  });

  it("the endpoint's CPUs reach them through the outbound window", async () => {
    await pair.host.bus.writel(second + 0x10n, 0x1234_5678);
    expect(await pair.endpoint.bus.readl(window + 0x1010n)).toBe(0x1234_5678);
    await pair.endpoint.bus.writel(window + 0x20n, 0x5555_aaaa);
    expect(await pair.host.bus.readl(first + 0x20n)).toBe(0x5555_aaaa);
  });

  it("the host is asked once a page", async () => {
    await pair.host.bus.writel(first, 0x1234_5678);
    expect(await pair.endpoint.bus.readl(window)).toBe(0x1234_5678);
    await suspend(pair.host.process.pid);
    try {
      expect(await pair.endpoint.bus.readl(window)).toBe(0x1234_5678);
    } finally {
      process.kill(pair.host.process.pid, "SIGCONT");
    }
  });

  it("interrupts pass, too, with the function's requester id", async () => {
    /** GICD_ISPENDR of interrupts 160 to 191. */
    const seen = 0x0800_0214n;
    const offset = 0x5000n + (seen & 0xfffn);
    await smmu.map(iova + 0x5000n, seen & ~0xfffn);
    const msi = await pair.rootComplex.functionCapability(5);
    await pair.rootComplex.writeConfig(msi + 4, Number(iova + offset));
    await pair.rootComplex.writeConfig(msi + 8, 0);
    await pair.rootComplex.writeConfigWord(msi + 0xc, 4);
    await pair.rootComplex.writeConfigWord(msi + 2, 1);
    await pair.endpoint.bus.writel(window + offset, 4);
    await eventually(() => pair.host.bus.readl(seen), 4);
    expect(await smmu.events()).toBe(0);
    expect((await pair.stats()).msi).toBe(1);
  });
});

describe("addresses that are not mapped", () => {
  const nowhere = iova + 0x9000n;

  it("a read of the engine's aborts, and the SMMU records a fault", async () => {
    await transfer("read", nowhere, local, 64);
    await untilState(pair, "read", 0, "halted");
    expect(await smmu.events()).toBeGreaterThan(0);
    expect((await pair.stats()).faults).toBeGreaterThan(0);
    await transfer("read", iova, local, 64);
    await untilState(pair, "read", 0, "stopped");
  });

  it("a write of the engine's is posted: dropped, counted, recorded", async () => {
    const before = (await pair.stats()).faults;
    await transfer("write", local, nowhere, 64);
    await untilState(pair, "write", 0, "stopped");
    expect(await smmu.events()).toBe(1);
    expect((await pair.stats()).faults).toBe(before + 1);
  });

  it("the endpoint's CPUs read all ones and write into nothing", async () => {
    expect(await pair.endpoint.bus.readl(window + 0x9000n)).toBe(0xffff_ffff);
    await pair.endpoint.bus.writel(window + 0x9000n, 1);
    expect(await smmu.events()).toBe(2);
    expect((await pair.stats()).faults).toBe(2);
  });

  it("a page that may only be read is not written", async () => {
    await smmu.map(iova + 0x3000n, other, { writable: false });
    await pair.host.bus.writel(other, 0x600d_600d);
    expect(await pair.endpoint.bus.readl(window + 0x3000n)).toBe(0x600d_600d);
    await pair.endpoint.bus.writel(window + 0x3000n, 1);
    expect(await pair.host.bus.readl(other)).toBe(0x600d_600d);
    expect(await smmu.events()).toBe(1);
  });
});

describe("when the guest takes a mapping away", () => {
  it("no access after the invalidation reaches the page", async () => {
    await pair.host.bus.writel(first, 0x1234_5678);
    expect(await pair.endpoint.bus.readl(window)).toBe(0x1234_5678);
    await smmu.unmap(iova);
    expect(await pair.endpoint.bus.readl(window)).toBe(0xffff_ffff);
    await pair.endpoint.bus.writel(window, 1);
    expect(await pair.host.bus.readl(first)).toBe(0x1234_5678);
    expect(await smmu.events()).toBe(2);
  });

  it("a page that takes its place is the one that is accessed", async () => {
    await pair.host.bus.writel(first, 0x1234_5678);
    await pair.host.bus.writel(other, 0x8765_4321);
    expect(await pair.endpoint.bus.readl(window)).toBe(0x1234_5678);
    await smmu.unmap(iova);
    await smmu.map(iova, other);
    expect(await pair.endpoint.bus.readl(window)).toBe(0x8765_4321);
    await pair.endpoint.bus.writel(window, 2);
    expect(await pair.host.bus.readl(other)).toBe(2);
    expect(await pair.host.bus.readl(first)).toBe(0x1234_5678);
  });

  it("a transfer that is under way aborts", async () => {
    await pair.endpoint.bus.write(
      list,
      linkedList([
        { source: iova, destination: local, size: 4096, flags: control.cycle },
        { next: list, flags: control.cycle },
      ]),
    );
    await pair.edma.prepareList("read", 0, list);
    await pair.edma.ring("read", 0);
    await vi.waitFor(
      async () => expect((await pair.stats()).read[0]?.elements).toBeGreaterThan(10),
      { timeout: 5000, interval: 2 },
    );
    await smmu.unmap(iova);
    await untilState(pair, "read", 0, "halted");
    expect(await smmu.events()).toBeGreaterThan(0);
  });
});
