// SPDX-License-Identifier: MIT
/** A card with an engine that its host drives, as Linux's `dw-edma-pcie.c` knows three of them. */
import { afterEach, describe, expect, it } from "vitest";
import { cardKinds } from "../../orchestrator/scenario/topology/machines.ts";
import { Card, dataOffset, memoryAt } from "./harness/card.ts";
import { doneMessage, nowhere, pattern, remote } from "./harness/dma.ts";
import { control, type Direction } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { event, setup } from "./harness/hdma.ts";
import { ramBase } from "./harness/linked-pair.ts";
import { config } from "./harness/root-complex.ts";
import { Smmu, smmuArguments } from "./harness/smmu.ts";

const { cycle, localInterrupt, remoteInterrupt, toggleCycle } = control;
const engineCapability = 0x06;
const memoryCapability = 0x20;
const ownMemory = 0x500_0000_0000n;
const stream = 0x100;

let card: Card;
afterEach(() => card?.stop());

async function start(
  properties: Readonly<Record<string, string | number>> = {},
  hostArguments: readonly string[] = [],
) {
  card = await Card.start(properties, hostArguments);
  return card;
}

describe("what a card says of itself", () => {
  it.each([
    { given: {}, id: 0xedda_16c3, map: 1, write: 2, read: 2 },
    {
      given: { "dma-map": "hdma-v0", "rd-channels": 1 },
      id: 0xedda_16c3,
      map: 7,
      write: 2,
      read: 1,
    },
    { given: { kind: "mdb" }, id: 0xb054_10ee, map: 7, write: 8, read: 8 },
    { given: { kind: "cpm6", "wr-channels": 3 }, id: 0xb00f_10ee, map: 7, write: 3, read: 8 },
  ])("$given: identity, register map, BAR, channels", async ({ given, id, map, write, read }) => {
    await start(given);
    expect(await card.rootComplex.readConfig(0)).toBe(id);
    const words = await card.vendorCapability(engineCapability);
    expect(words?.[1]).toBe(0x0180_0006);
    expect(words?.slice(2)).toEqual([map, write | (read << 16), 0, 0]);
  });

  it("Xilinx's tell where the engine finds their memory, or not", async () => {
    await start({ kind: "mdb", "memory-base": "0x123400000000" });
    expect((await card.vendorCapability(memoryCapability))?.slice(2, 4)).toEqual([0, 0x1234]);
    await card.stop();
    await start({ kind: "mdb", "tells-memory": "off" });
    expect(await card.vendorCapability(memoryCapability)).toBeUndefined();
    await card.stop();
    await start({ kind: "edda" });
    expect(await card.vendorCapability(memoryCapability)).toBeUndefined();
  });

  it.each([
    // Scenarios know the same kinds.
    [{ kind: "none" }, `there is no kind 'none', only ${cardKinds.join(", ")}`],
    [
      { kind: "mdb", "dma-map": "edma-v0" },
      "a card of kind mdb has the register map hdma-v0, not edma-v0",
    ],
    [{ "wr-channels": 3 }, "wr-channels and rd-channels of kind edda must be 1 to 2, not 3"],
    [{ "rd-channels": 0 }, "wr-channels and rd-channels of kind edda must be 1 to 2, not 0"],
    [{ "msi-vectors": 0 }, "the card could not interrupt"],
    [{ "msi-vectors": 3 }, "msi-vectors must be 0 or a power of two up to 32, not 3"],
    [{ "msi-vectors": 64 }, "msi-vectors must be 0 or a power of two up to 32, not 64"],
    [{ "dma-map": "x" }, "dwc-edma-pcie: there is no register map 'x'"],
  ])("%o is refused", async (properties, why) => {
    await expect(Card.start(properties)).rejects.toThrow(why);
    card = await Card.start();
  });
});

const engines = [
  ["edda", "edma-v0", memoryAt],
  ["edda", "hdma-v0", memoryAt],
  ["mdb", "hdma-v0", ownMemory],
] as const;
const registers = (map: string) => (map === "hdma-v0" ? card.hdma : card.edma);

/** Runs a list of one element on channel 1, whose list the engine finds at `base`. */
async function run(map: string, direction: Direction, base: bigint, host: bigint, size: number) {
  const element = card.data(direction, base, host, size, cycle | localInterrupt | remoteInterrupt);
  await card.writeList([element, { next: base, flags: toggleCycle }]);
  await registers(map).prepareList(direction, 1, base);
  await registers(map).ring(direction, 1);
}

describe.each(engines)("the engine of kind %s with %s", (kind, map, base) => {
  it.each(["write", "read"] as const)(
    "%s channels move data between card and host",
    async (direction) => {
      await start({ kind, "dma-map": map });
      const bytes = pattern(20_000, 5);
      const [from, to] =
        direction === "write" ? [memoryAt + dataOffset, remote] : [remote, memoryAt + dataOffset];
      await card.machine.bus.write(from, bytes);
      await run(map, direction, base, remote, bytes.length);
      await eventually(() => registers(map).state(direction, 1), "stopped");
      expect((await card.machine.bus.read(to, bytes.length)).equals(bytes)).toBe(true);
      const counters = { doorbells: 1, transfers: 1, elements: 1, bytes: bytes.length, aborts: 0 };
      const [idle, busy] = (await card.stats())[direction];
      expect([idle?.doorbells, busy]).toEqual([0, expect.objectContaining(counters)]);
    },
  );

  it("interrupts by messages alone", async () => {
    await start({ kind, "dma-map": map });
    if (map === "hdma-v0") {
      const route = { stop: doneMessage, watermark: 0n, abort: 0n, data: 0x77 };
      await card.hdma.routeInterruptMessages("read", 1, route);
      await card.hdma.write("intSetup", "read", 1, setup.localStop | setup.remoteStop | event.stop);
    } else {
      const route = { done: doneMessage, abort: 0n, data: 0x77 };
      await card.edma.routeInterruptMessages("read", 1, route);
    }
    await run(map, "read", base, remote, 64);
    await eventually(() => card.machine.bus.readl(doneMessage), 0x77);
    expect(await card.stats()).toMatchObject({ imwr: 1 });
  });

  it("aborts where the host does not answer, or the card has no memory", async () => {
    await start({ kind, "dma-map": map });
    await run(map, "read", base, nowhere, 64);
    await eventually(() => registers(map).state("read", 1), "halted");
    await registers(map).prepareList("write", 1, nowhere);
    await registers(map).ring("write", 1);
    await eventually(() => registers(map).state("write", 1), "halted");
  });

  it("may not send requests while it is no bus master", async () => {
    await start({ kind, "dma-map": map });
    await card.rootComplex.disableBusMaster();
    for (const direction of ["write", "read"] as const) {
      await run(map, direction, base, remote, 64);
      await eventually(() => registers(map).state(direction, 1), "halted");
    }
  });

  it("comes to rest with its registers reset, when the bus is", async () => {
    await start({ kind, "dma-map": map });
    const element = card.data("write", base, remote, 64, cycle);
    await card.writeList([element, { next: base, flags: cycle }]);
    await registers(map).prepareList("write", 1, base);
    await registers(map).ring("write", 1);
    expect(await registers(map).state("write", 1)).toBe("running");
    await card.rootComplex.resetSecondaryBus();
    await card.placeBars(memoryAt);
    await eventually(() => registers(map).state("write", 1), "reserved");
    expect((await registers(map).position("write", 1)).next).toBe(0n);
  });
});

it("an edda's engine finds the card's memory where the BAR is", async () => {
  await start();
  const moved = memoryAt - 0x400_0000n;
  await card.writeList([{ next: 0n, flags: 0 }]);
  await card.placeBars(moved);
  await card.edma.prepareList("write", 0, moved);
  await card.edma.ring("write", 0);
  await eventually(() => card.edma.state("write", 0), "stopped");
  await card.edma.prepareList("write", 0, memoryAt);
  await card.edma.ring("write", 0);
  await eventually(() => card.edma.state("write", 0), "halted");
});

it("a channel that was reset takes its first doorbell, though its thread has not ended yet", async () => {
  // With an IOMMU the thread waits for the lock under which QEMU does what a test asks for in one piece.
  await start({ kind: "mdb" }, smmuArguments);
  const smmu = new Smmu(card.machine.bus, ramBase + 0x100_0000n);
  const iova = 0x8000_0000n;
  await smmu.enable(stream);
  await smmu.map(iova, remote);
  const element = card.data("write", ownMemory, iova, 4096, cycle);
  await card.writeList([element, { next: ownMemory, flags: cycle }]);
  await card.hdma.prepareList("write", 1, ownMemory);
  await card.hdma.ring("write", 1);
  const rung = async () => (await card.stats()).write[1]?.doorbells;
  await eventually(rung, 1);
  await Promise.all([
    // What is written together with it comes after it, together.
    card.machine.bus.readl(memoryAt),
    ...card.resetAndPlaceRegisters(),
    card.hdma.write("enable", "write", 1, 1),
    card.hdma.ring("write", 1),
  ]);
  await eventually(rung, 2);
});

it("a card has no memory for its engine while the BAR is nowhere", async () => {
  await start();
  await card.rootComplex.writeConfig(config.bar0 + 8, 0xffff_ffff);
  await card.rootComplex.writeConfig(config.bar0 + 12, 0xffff_ffff);
  await card.edma.prepareList("write", 0, 0x1000n);
  await card.edma.ring("write", 0);
  await eventually(() => card.edma.state("write", 0), "halted");
});

it("a host with an IOMMU translates for the card, and refuses what is not mapped", async () => {
  await start({ kind: "mdb" }, smmuArguments);
  const smmu = new Smmu(card.machine.bus, ramBase + 0x100_0000n);
  const iova = 0x8000_0000n;
  await smmu.enable(stream);
  await smmu.map(iova, remote);
  const bytes = pattern(0x1000, 6);
  await card.machine.bus.write(remote, bytes);
  await run("hdma-v0", "read", ownMemory, iova, bytes.length);
  await eventually(() => card.hdma.state("read", 1), "stopped");
  expect((await card.machine.bus.read(memoryAt + dataOffset, bytes.length)).equals(bytes)).toBe(
    true,
  );
  expect(await smmu.events()).toBe(0);
  await run("hdma-v0", "read", ownMemory, iova + 0x1000n, 64);
  await eventually(() => card.hdma.state("read", 1), "halted");
  expect(await smmu.events()).toBeGreaterThan(0);
});

it.each([
  ["MSI", { "msi-vectors": 4 }, 0x05, 0xe, 2 << 1],
  ["MSI-X", { "msi-vectors": 0, "msix-vectors": 5 }, 0x11, 0x7ff, 4],
] as const)(
  "%s: the capability says how many vectors",
  async (_, properties, capability, field, wanted) => {
    await start(properties);
    const at = await card.rootComplex.functionCapability(capability);
    expect(((await card.rootComplex.readConfig(at)) >>> 16) & field).toBe(wanted);
  },
);

it("QEMU ends while a channel is at work", async () => {
  await start();
  const element = card.data("write", memoryAt, remote, 64, cycle);
  await card.writeList([element, { next: memoryAt, flags: cycle }]);
  await card.edma.prepareList("write", 0, memoryAt);
  await card.edma.ring("write", 0);
  await card.machine.qmp.execute("quit");
  expect(await card.machine.process.exited).toMatchObject({ status: 0 });
});

describe("a list that the host writes to the card's memory, over a bus of its own", () => {
  const read = () => card.machine.bus.readl(memoryAt + dataOffset);

  /** A channel that is to read 256 bytes of the host's, in a list that is on its way. */
  async function prepare() {
    await start({ "forgive-posted-order": "off" });
    await card.machine.bus.write(remote, Buffer.alloc(0x100, 0x5a));
    await card.edma.prepareList("read", 0, memoryAt);
    await card.writeList([card.data("read", memoryAt, remote, 0x100, cycle)]);
  }

  it("is overtaken by the doorbell", async () => {
    await prepare();
    await card.edma.ring("read", 0);
    await eventually(() => card.edma.state("read", 0), "stopped");
    const [channel] = (await card.stats()).read;
    expect(channel).toMatchObject({ doorbells: 1, elements: 0 });
  });

  it("is pushed there by a read", async () => {
    await prepare();
    await read();
    await card.edma.ring("read", 0);
    await eventually(read, 0x5a5a_5a5a);
  });

  it("is there after a moment", async () => {
    await prepare();
    await card.machine.bus.elapse(1000);
    await card.edma.ring("read", 0);
    await eventually(read, 0x5a5a_5a5a);
  });
});
