// SPDX-License-Identifier: MIT
/** With `forgive-posted-order=off` what the host writes to memory is on its way when a doorbell behind it has arrived. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { data, list, local, pattern, untilState, wrap } from "./harness/dma.ts";
import { control, EdmaRegisters, linkedList } from "./harness/edma.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";
import { smmuArguments } from "./harness/smmu.ts";

const off = { "forgive-posted-order": "off" };
/** The longest that a write is on its way, in microseconds of the endpoint's clock, which stands still otherwise. */
const longest = 1000;
/** In the endpoint's GIC: a byte for each interrupt, which keeps the five upper bits. */
const distributor = 0x0800_0000n;
const priorities = 0x420n;

let pair: LinkedPair;
let memory: bigint;
let engine: EdmaRegisters;
let device: bigint;
beforeEach(async () => {
  pair = await LinkedPair.start(off);
  for (const bar of [0, 2, 4]) await pair.implementBar(bar, 0x4000);
  // As drivers do: one window is there before the link.
  await pair.iatu.mapBar(0, 0, list);
  const bars = await pair.linkUp();
  const at = (bar: number) => bars.get(bar)?.address ?? 0n;
  await pair.iatu.mapBar(1, 2, endpointMap.dma);
  await pair.iatu.mapBar(2, 4, distributor);
  [memory, device] = [at(0), at(4)];
  engine = new EdmaRegisters(pair.host.bus, at(2));
});
afterEach(() => pair?.stop());

/** Its answer comes behind all that the host has written, and it is none from memory. */
const arrivedAtController = () => engine.channelCounts();
const inMemory = () => pair.endpoint.bus.readl(list);

describe("what the host writes to memory", () => {
  beforeEach(async () => {
    await pair.endpoint.bus.writel(list, 1);
    await pair.host.bus.writel(memory, 2);
    await pair.host.bus.writel(memory, 3);
    await arrivedAtController();
  });

  it("is on its way", async () => {
    expect(await inMemory()).toBe(1);
    await pair.endpoint.bus.elapse(longest - 1);
    expect(await inMemory()).toBe(1);
  });

  it("arrives a millisecond behind the last, and sixteen behind the first", async () => {
    for (let n = 0; n < 16; n++) {
      await pair.endpoint.bus.elapse(longest - 1);
      expect(await inMemory()).toBe(1);
      await pair.host.bus.writel(memory, 100 + n);
      await arrivedAtController();
    }
    await pair.endpoint.bus.elapse(16);
    expect(await inMemory()).toBe(115);
  });

  it("arrives when its window ends, and not in what was there meanwhile", async () => {
    await pair.iatu.mapBar(0, 0, local);
    expect(await inMemory()).toBe(3);
    expect(await pair.host.bus.readl(memory)).toBe(await pair.endpoint.bus.readl(local));
    await pair.endpoint.bus.writel(list, 4);
    await pair.endpoint.bus.elapse(longest);
    expect(await inMemory()).toBe(4);
  });

  it("arrives within a millisecond, in its order", async () => {
    await pair.endpoint.bus.elapse(longest);
    expect(await inMemory()).toBe(3);
  });

  it("is pushed by a read of the host's from there, of whatever", async () => {
    expect(await pair.host.bus.readl(memory + 0x100n)).toBe(0);
    expect(await inMemory()).toBe(3);
  });

  it("is what the host reads", async () => {
    expect(await pair.host.bus.readl(memory)).toBe(3);
  });

  it("is pushed by a write to a device, which does not pass it", async () => {
    await pair.host.bus.writel(device + priorities, 0x10);
    await arrivedAtController();
    expect(await inMemory()).toBe(3);
    expect(await pair.host.bus.readl(device + priorities)).toBe(0x10);
  });

  it("arrives when the host goes", async () => {
    const deleted = pair.functionDeleted();
    await pair.setLink(false);
    await deleted;
    expect(await inMemory()).toBe(3);
  });
});

describe("a doorbell of the host's", () => {
  const size = 64;
  const [before, now] = [pattern(size, 1), pattern(size, 2)];
  /** Where the list of before and the one that the host writes take their data from. */
  const offset = 0x1000n;

  beforeEach(async () => {
    await pair.endpoint.bus.write(local, before);
    await pair.endpoint.bus.write(local + offset, now);
    await pair.endpoint.bus.write(list, listFrom(0n));
    const words = listFrom(offset);
    await engine.prepareList("write", 0, list);
    for (let word = 0; word < words.length; word += 4)
      await pair.host.bus.writel(memory + BigInt(word), words.readUInt32LE(word));
  });

  function listFrom(where: bigint) {
    const element = data("write", size, control.cycle);
    return linkedList([{ ...element, source: local + where }, wrap]);
  }

  async function moved() {
    await engine.ring("write", 0);
    await untilState(pair, "write", 0, "stopped");
    return pair.host.bus.read(data("write", size, 0).destination, size);
  }

  it("finds the list of before", async () => {
    expect((await moved()).equals(before)).toBe(true);
  });

  it("finds the list that was written if the host has read back from it", async () => {
    await pair.host.bus.readl(memory);
    expect((await moved()).equals(now)).toBe(true);
  });
});

it.each([
  ["behind an SMMU", { ...off, iommu: "on" }, smmuArguments, {}],
  [
    "with virtual time",
    off,
    ["-icount", "shift=0,sleep=off", "-device", "virtual-time,id=time"],
    { accelerator: "tcg", arguments: ["-cpu", "cortex-a55", "-S"] } as const,
  ],
])("is refused %s", async (_, properties, endpointArguments, options) => {
  await expect(LinkedPair.start(properties, { ...options, endpointArguments })).rejects.toThrow(
    "forgive-posted-order=off needs iommu=off and a VM without virtual time",
  );
});
