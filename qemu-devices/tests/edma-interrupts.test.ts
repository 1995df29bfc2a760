// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { control, type Direction, EdmaRegisters, linkedList } from "./harness/edma.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";

const list = ramBase + 0x10_0000n;
const local = ramBase + 0x20_0000n;
const remote = ramBase + 0x20_0000n;
/** Host RAM stands in for an interrupt controller: an interrupt message is a write of its data. */
const doneMessage = ramBase + 0x30_0000n;
const abortMessage = ramBase + 0x30_0100n;
const registersBar = 2;

let pair: LinkedPair;
/** The eDMA registers as the host sees them through a BAR. */
let throughWindow: EdmaRegisters;

beforeAll(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(registersBar, 0x2000);
  await pair.iatu.mapBar(0, registersBar, endpointMap.dma);
  const bars = await pair.linkUp();
  throughWindow = new EdmaRegisters(pair.host.bus, bars.get(registersBar)?.address ?? 0n);
});
afterAll(() => pair?.stop());

beforeEach(async () => {
  for (const direction of ["write", "read"] as const) {
    await pair.edma.write("intMask", direction, 0);
    await pair.edma.write("intClear", direction, 0x00ff_00ff);
  }
  await pair.host.bus.writel(doneMessage, 0);
  await pair.host.bus.writel(abortMessage, 0);
});

/** One element of 64 bytes with these interrupt flags, run to its end. */
async function transfer(edma: EdmaRegisters, direction: Direction, channel: number, flags: number) {
  const [source, destination] = direction === "write" ? [local, remote] : [remote, local];
  await pair.endpoint.bus.write(
    list,
    linkedList([
      { source, destination, size: 64, flags: control.cycle | flags },
      { next: list, flags: control.toggleCycle },
    ]),
  );
  await edma.prepareList(direction, channel, list);
  await edma.ring(direction, channel);
  await vi.waitFor(async () => expect(await pair.edma.state(direction, channel)).toBe("stopped"), {
    timeout: 5000,
    interval: 2,
  });
}

async function eventually<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  await vi.waitFor(async () => expect(await look()).toEqual(wanted), {
    timeout: 5000,
    interval: 2,
  });
}

describe("local interrupts", () => {
  it.each([
    ["write", 0],
    ["write", 3],
    ["read", 0],
    ["read", 2],
  ] as const)(
    "the %s channel %i raises its own line, which intClear lowers",
    async (direction, channel) => {
      await transfer(pair.edma, direction, channel, control.localInterrupt);
      await eventually(() => pair.line(direction, channel), true);
      expect(await pair.edma.read("intStatus", direction)).toBe(1 << channel);
      expect(await pair.line(direction, (channel + 1) % 4)).toBe(false);
      await pair.edma.write("intClear", direction, 1 << channel);
      await eventually(() => pair.line(direction, channel), false);
      expect(await pair.edma.read("intStatus", direction)).toBe(0);
    },
  );

  it("an element without LIE raises nothing", async () => {
    await transfer(pair.edma, "write", 1, 0);
    expect(await pair.edma.read("intStatus", "write")).toBe(0);
    expect(await pair.line("write", 1)).toBe(false);
  });

  it("the mask holds the line but not the status", async () => {
    await pair.edma.write("intMask", "write", 1 << 1);
    await transfer(pair.edma, "write", 1, control.localInterrupt);
    await eventually(() => pair.edma.read("intStatus", "write"), 1 << 1);
    expect(await pair.line("write", 1)).toBe(false);
    await pair.edma.write("intMask", "write", 0);
    await eventually(() => pair.line("write", 1), true);
  });
});

describe("remote interrupts", () => {
  it("send the channel's data to the direction's address, for odd and even channels", async () => {
    for (const channel of [0, 1]) {
      await pair.edma.routeInterruptMessages("read", channel, {
        done: doneMessage,
        abort: abortMessage,
        data: 0x1230 + channel,
      });
    }
    for (const channel of [0, 1]) {
      await transfer(
        throughWindow,
        "read",
        channel,
        control.localInterrupt | control.remoteInterrupt,
      );
      await eventually(() => pair.host.bus.readl(doneMessage), 0x1230 + channel);
    }
    expect(await pair.host.bus.readl(abortMessage)).toBe(0);
  });

  it("come after the data they announce", async () => {
    const size = 1 << 20;
    const data = Buffer.alloc(size, 0x5a);
    await pair.endpoint.bus.write(local, data);
    await pair.edma.routeInterruptMessages("write", 0, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x77,
    });
    await pair.host.bus.write(remote, Buffer.alloc(size));
    await pair.endpoint.bus.write(
      list,
      linkedList([
        {
          source: local,
          destination: remote,
          size,
          flags: control.cycle | control.localInterrupt | control.remoteInterrupt,
        },
        { next: list, flags: control.toggleCycle },
      ]),
    );
    await pair.edma.prepareList("write", 0, list);
    await pair.edma.ring("write", 0);
    await eventually(() => pair.host.bus.readl(doneMessage), 0x77);
    expect(
      (await pair.host.bus.read(remote + BigInt(size - 64), 64)).equals(data.subarray(0, 64)),
    ).toBe(true);
  });

  it("are refused while the function may not master the bus", async () => {
    await pair.edma.routeInterruptMessages("write", 0, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x99,
    });
    await pair.rootComplex.disableBusMaster();
    const before = await pair.stats();
    await pair.endpoint.bus.write(
      list,
      linkedList([
        {
          source: local,
          destination: remote,
          size: 64,
          flags: control.cycle | control.remoteInterrupt,
        },
        { next: list, flags: control.toggleCycle },
      ]),
    );
    await pair.edma.prepareList("write", 0, list);
    await pair.edma.ring("write", 0);
    await eventually(() => pair.edma.state("write", 0), "halted");
    expect(await pair.host.bus.readl(doneMessage)).toBe(0);
    expect((await pair.stats()).faults).toBeGreaterThan(before.faults);
    await pair.rootComplex.enable();
  });
});

describe("registers through a window", () => {
  it("read the same as on the endpoint's own bus", async () => {
    await pair.edma.write("intMask", "read", 0x0003_0005);
    await eventually(() => throughWindow.read("intMask", "read"), 0x0003_0005);
    expect(await throughWindow.channelCounts()).toEqual({ write: 4, read: 4 });
  });

  it("start a transfer whose local interrupt is a notification to the endpoint", async () => {
    const before = await pair.stats();
    await transfer(throughWindow, "read", 3, control.localInterrupt);
    await eventually(() => pair.line("read", 3), true);
    const after = await pair.stats();
    expect(after.read[3]?.notifications).toBe((before.read[3]?.notifications ?? 0) + 1);
    expect(after.register_writes).toBeGreaterThan(before.register_writes);
  });

  it("emulate an interrupt by a write to the status register, until intClear is written", async () => {
    const before = await pair.stats();
    await throughWindow.write("intStatus", "read", 0);
    await eventually(() => pair.line("read", 0), true);
    expect((await pair.stats()).doorbells).toBe(before.doorbells + 1);
    await pair.edma.write("intClear", "read", 0);
    await eventually(() => pair.line("read", 0), false);
  });
});
