// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  abortMessage,
  data,
  doneMessage,
  everyInterrupt,
  list,
  local,
  nowhere,
  pattern,
  quiet,
  remote,
  startList,
  untilState,
  wrap,
} from "./harness/dma.ts";
import { control, type Direction, EdmaRegisters } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

const { cycle, localInterrupt, remoteInterrupt } = control;
const registersBar = 2;
const channels = [0, 1, 2, 3, 4, 5, 6, 7] as const;

let pair: LinkedPair;
/** The eDMA registers as the host sees them through a BAR. */
let throughWindow: EdmaRegisters;

beforeAll(async () => {
  pair = await LinkedPair.start({ "wr-channels": 8, "rd-channels": 8 });
  await pair.implementBar(registersBar, 0x2000);
  await pair.iatu.mapBar(0, registersBar, endpointMap.dma);
  const bars = await pair.linkUp();
  throughWindow = new EdmaRegisters(pair.host.bus, bars.get(registersBar)?.address ?? 0n);
});
afterAll(() => pair?.stop());
beforeEach(() => quiet(pair));

/** One element of 64 bytes with these interrupt flags, run to its end. */
async function transfer(
  direction: Direction,
  channel: number,
  flags: number,
  registers = pair.edma,
) {
  await startList(pair, direction, channel, [data(direction, 64, cycle | flags), wrap], {
    registers,
  });
  await untilState(pair, direction, channel, "stopped");
}

/** An element whose local end is nowhere, run to its abort. */
async function abort(direction: Direction, channel: number) {
  const element = { source: nowhere, destination: nowhere, size: 64, flags: cycle };
  await startList(pair, direction, channel, [element, wrap]);
  await untilState(pair, direction, channel, "halted");
}

describe("local interrupts", () => {
  it.each([
    ["write", 0],
    ["write", 3],
    ["write", 7],
    ["read", 0],
    ["read", 2],
    ["read", 7],
  ] as const)(
    "the %s channel %i raises its own line, which intClear lowers",
    async (direction, channel) => {
      await transfer(direction, channel, localInterrupt);
      await eventually(() => pair.line(direction, channel), true);
      expect(await pair.edma.read("intStatus", direction)).toBe(1 << channel);
      expect(await pair.line(direction, (channel + 1) % 8)).toBe(false);
      await pair.edma.write("intClear", direction, 1 << channel);
      expect(await pair.line(direction, channel)).toBe(false);
      expect(await pair.edma.read("intStatus", direction)).toBe(0);
    },
  );

  it("an element without LIE raises nothing", async () => {
    await transfer("write", 1, 0);
    expect(await pair.edma.read("intStatus", "write")).toBe(0);
    expect(await pair.line("write", 1)).toBe(false);
  });

  it("an element in the middle with LIE interrupts while the list goes on", async () => {
    const link = { next: list + 24n, flags: cycle };
    await startList(pair, "write", 1, [
      data("write", 64, cycle | localInterrupt),
      data("write", 64, cycle),
      link,
    ]);
    await eventually(() => pair.line("write", 1), true);
    expect(await pair.edma.state("write", 1)).toBe("running");
    await pair.edma.stop("write", 1);
    await untilState(pair, "write", 1, "stopped");
  });

  it("intClear clears the bits written and no others", async () => {
    for (const channel of [0, 2, 5]) await transfer("read", channel, localInterrupt);
    await abort("read", 6);
    await pair.edma.write("intClear", "read", (1 << 2) | (1 << 22));
    expect(await pair.edma.read("intStatus", "read")).toBe((1 << 0) | (1 << 5));
    expect(await pair.line("read", 0)).toBe(true);
    expect(await pair.line("read", 2)).toBe(false);
  });

  it("intClear of one direction leaves the other's status", async () => {
    await transfer("read", 1, localInterrupt);
    await pair.edma.write("intClear", "write", everyInterrupt);
    expect(await pair.edma.read("intStatus", "read")).toBe(1 << 1);
  });
});

describe("the interrupt mask", () => {
  it("holds the line but not the status, until it is taken away", async () => {
    await pair.edma.write("intMask", "write", 1 << 1);
    await transfer("write", 1, localInterrupt);
    await eventually(() => pair.edma.read("intStatus", "write"), 1 << 1);
    expect(await pair.line("write", 1)).toBe(false);
    await pair.edma.write("intMask", "write", 0);
    expect(await pair.line("write", 1)).toBe(true);
  });

  it("lowers a line that is up", async () => {
    await transfer("write", 1, localInterrupt);
    await eventually(() => pair.line("write", 1), true);
    await pair.edma.write("intMask", "write", 1 << 1);
    expect(await pair.line("write", 1)).toBe(false);
    expect(await pair.edma.read("intStatus", "write")).toBe(1 << 1);
  });

  it("has a bit of its own for aborts", async () => {
    await pair.edma.write("intMask", "read", 1 << 2);
    await transfer("read", 2, localInterrupt);
    expect(await pair.line("read", 2)).toBe(false);
    await abort("read", 2);
    await eventually(() => pair.line("read", 2), true);
    await pair.edma.write("intMask", "read", (1 << 2) | (1 << 18));
    expect(await pair.line("read", 2)).toBe(false);
  });

  it("holds no message back", async () => {
    await pair.edma.routeInterruptMessages("write", 1, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x41,
    });
    await pair.edma.write("intMask", "write", everyInterrupt);
    await transfer("write", 1, localInterrupt | remoteInterrupt);
    await eventually(() => pair.host.bus.readl(doneMessage), 0x41);
    expect(await pair.line("write", 1)).toBe(false);
  });

  it("keeps the bits that exist", async () => {
    await pair.edma.write("intMask", "write", 0xffff_ffff);
    expect(await pair.edma.read("intMask", "write")).toBe(everyInterrupt);
  });
});

describe("interrupt messages", () => {
  it.each(["write", "read"] as const)(
    "of the %s channels carry each channel's own data, two channels a register",
    async (direction) => {
      for (const channel of channels) {
        await pair.edma.routeInterruptMessages(direction, channel, {
          done: doneMessage,
          abort: abortMessage,
          data: 0xa230 + channel,
        });
      }
      for (const channel of channels) {
        await transfer(direction, channel, localInterrupt | remoteInterrupt, throughWindow);
        await eventually(() => pair.host.bus.readl(doneMessage), 0xa230 + channel);
      }
      expect(await pair.host.bus.readl(abortMessage)).toBe(0);
    },
  );

  it("of an abort go to the other address, with the same data", async () => {
    await pair.edma.routeInterruptMessages("read", 5, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x5a5a,
    });
    await abort("read", 5);
    await eventually(() => pair.host.bus.readl(abortMessage), 0x5a5a);
    expect(await pair.host.bus.readl(doneMessage)).toBe(0);
  });

  it("leave the local status alone without LIE", async () => {
    await pair.edma.routeInterruptMessages("write", 2, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x22,
    });
    await transfer("write", 2, remoteInterrupt);
    await eventually(() => pair.host.bus.readl(doneMessage), 0x22);
    expect(await pair.edma.read("intStatus", "write")).toBe(0);
  });

  it("are not sent with LIE alone", async () => {
    await pair.edma.routeInterruptMessages("write", 2, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x23,
    });
    const { imwr } = await pair.stats();
    await transfer("write", 2, localInterrupt);
    await eventually(() => pair.line("write", 2), true);
    expect((await pair.stats()).imwr).toBe(imwr);
  });

  it("without an address are not sent", async () => {
    await pair.edma.routeInterruptMessages("write", 2, { done: 0n, abort: 0n, data: 0x22 });
    const { imwr, faults } = await pair.stats();
    await transfer("write", 2, localInterrupt | remoteInterrupt);
    expect(await pair.stats()).toMatchObject({ imwr, faults });
  });

  it("of an element in the middle come in the elements' order", async () => {
    const { imwr } = await pair.stats();
    await pair.edma.routeInterruptMessages("write", 0, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x66,
    });
    const flags = cycle | remoteInterrupt;
    await startList(pair, "write", 0, [
      data("write", 64, flags),
      data("write", 64, flags),
      data("write", 64, flags),
      wrap,
    ]);
    await untilState(pair, "write", 0, "stopped");
    await eventually(async () => (await pair.stats()).imwr, imwr + 3);
  });

  it("come after the data they announce", async () => {
    const size = 1 << 20;
    const bytes = pattern(size, 0x5a);
    await pair.endpoint.bus.write(local, bytes);
    await pair.edma.routeInterruptMessages("write", 0, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x77,
    });
    await pair.host.bus.write(remote, Buffer.alloc(size));
    await startList(pair, "write", 0, [
      data("write", size, cycle | localInterrupt | remoteInterrupt),
      wrap,
    ]);
    await eventually(() => pair.host.bus.readl(doneMessage), 0x77);
    expect((await pair.host.bus.read(remote, size)).equals(bytes)).toBe(true);
  });

  it("are refused while the function may not master the bus", async () => {
    await pair.edma.routeInterruptMessages("write", 0, {
      done: doneMessage,
      abort: doneMessage,
      data: 0x99,
    });
    await pair.rootComplex.disableBusMaster();
    const before = await pair.stats();
    await startList(pair, "write", 0, [data("write", 64, cycle | remoteInterrupt), wrap]);
    await untilState(pair, "write", 0, "halted");
    await eventually(async () => (await pair.stats()).faults, before.faults + 2);
    expect(await pair.host.bus.readl(doneMessage)).toBe(0);
    await pair.rootComplex.enable();
  });
});

describe("registers through a window", () => {
  it("read the same as on the endpoint's own bus", async () => {
    await pair.edma.write("intMask", "read", 0x0003_0005);
    await eventually(() => throughWindow.read("intMask", "read"), 0x0003_0005);
    expect(await throughWindow.channelCounts()).toEqual({ write: 8, read: 8 });
  });

  it("read what the host has just written, and not what is read-only", async () => {
    await throughWindow.write("intMask", "read", 0xffff_ffff);
    expect(await throughWindow.read("intMask", "read")).toBe(everyInterrupt);
    const state = await pair.edma.state("read", 4);
    for (const value of [0xffff_ffff, 0]) {
      await throughWindow.writeChannel("control1", "read", 4, value);
      expect(await throughWindow.state("read", 4)).toBe(state);
      expect(await pair.edma.state("read", 4)).toBe(state);
    }
  });

  it("start a transfer whose local interrupt is a notification to the endpoint", async () => {
    const before = await pair.stats();
    await transfer("read", 3, localInterrupt, throughWindow);
    await eventually(() => pair.line("read", 3), true);
    const after = await pair.stats();
    expect(after.read[3]?.notifications).toBe((before.read[3]?.notifications ?? 0) + 1);
    expect(after.register_writes).toBeGreaterThan(before.register_writes);
  });

  it("stop a channel and clear its interrupt", async () => {
    const again = { next: list, flags: cycle };
    await startList(pair, "write", 2, [data("write", 4096, cycle | localInterrupt), again]);
    await eventually(() => pair.line("write", 2), true);
    await throughWindow.stop("write", 2);
    await untilState(pair, "write", 2, "stopped");
    await throughWindow.write("intClear", "write", 1 << 2);
    await eventually(() => pair.line("write", 2), false);
  });
});
