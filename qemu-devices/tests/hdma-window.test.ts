// SPDX-License-Identifier: MIT
/**
 * HDMA's registers as a host sees them through a window: its writes are posted, and what it reads has them, whether the endpoint
 * has come to look at them or not. Here it cannot look.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { data, nowhere, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { allEvents, event, type HdmaRegister, setup } from "./harness/hdma.ts";
import { HdmaPair } from "./harness/hdma-pair.ts";
import { messagesSent } from "./harness/link-trace.ts";
import { suspend } from "./harness/suspend.ts";

let engine: HdmaPair;
beforeAll(async () => {
  engine = await HdmaPair.start({ "wr-channels": 8, "rd-channels": 8 }, { hostMessages: true });
});
afterAll(() => engine?.stop());

const continueEndpoint = () => process.kill(engine.pair.endpoint.process.pid, "SIGCONT");

const window = {
  read: (register: HdmaRegister, channel = 1) =>
    engine.throughWindow.read(register, "write", channel),
  write: (register: HdmaRegister, value: number, channel = 1) =>
    engine.throughWindow.write(register, "write", channel, value),
};

const questions = () => messagesSent(engine.pair.host, "BAR_READ");

/** The host asks the endpoint, which stands still, for a register: what it is. */
async function asked(register: HdmaRegister): Promise<number> {
  const before = await questions();
  const value = window.read(register);
  const unasked = value.then((known) => {
    throw new Error(`${register} was known to be 0x${known.toString(16)} without asking`);
  });
  try {
    await Promise.race([eventually(questions, before + 1), unasked]);
  } finally {
    continueEndpoint();
  }
  return value;
}

/** Channels whose transfer has ended and raised its status. */
const ended = [
  ["write", 1],
  ["read", 1],
  ["write", 2],
] as const;

describe("while the endpoint stands still", () => {
  beforeEach(async () => {
    await engine.quiet();
    for (const [direction, channel] of ended) {
      await engine.hdma.write("intSetup", direction, channel, setup.localStop);
      await engine.startList(direction, channel, [data(direction, 64, control.cycle), wrap]);
      await engine.untilState(direction, channel, "stopped");
      await eventually(() => engine.hdma.read("intStatus", direction, channel), event.stop);
      await engine.hdma.write("prefetch", direction, channel, 0x77);
    }
    await suspend(engine.pair.endpoint.process.pid);
  });
  afterEach(continueEndpoint);

  it("a register that is stored reads as it was written, and no other does", async () => {
    await window.write("prefetch", 5);
    await window.write("watermarkEnable", 0xffff_ffff);
    expect(await window.read("prefetch")).toBe(5);
    expect(await window.read("watermarkEnable")).toBe(3);
    expect(await window.read("handshake")).toBe(0);
    expect(await window.read("prefetch", 2)).toBe(0x77);
    expect(await engine.throughWindow.read("prefetch", "read", 1)).toBe(0x77);
  });

  it("a register that is read-only stays", async () => {
    await window.write("intStatus", 0);
    expect(await window.read("intStatus")).toBe(event.stop);
  });

  it("a status that is cleared reads so, that of no other channel, and nothing else", async () => {
    await window.write("intClear", allEvents);
    expect(await window.read("intStatus")).toBe(0);
    expect(await window.read("intStatus", 2)).toBe(event.stop);
    expect(await engine.throughWindow.read("intStatus", "read", 1)).toBe(event.stop);
    expect(await window.read("prefetch")).toBe(0x77);
    expect(await window.read("status")).toBe(3);
  });

  it("a channel that is enabled reads so, and is where it was", async () => {
    await window.write("enable", 1);
    expect(await window.read("enable")).toBe(1);
    expect(await window.read("status")).toBe(3);
  });

  it("where a channel is that is rung has to be asked, and the rest not", async () => {
    await engine.throughWindow.prepareList("write", 1, nowhere);
    await engine.throughWindow.ring("write", 1);
    const before = await questions();
    expect(await window.read("prefetch")).toBe(0x77);
    expect(await window.read("intStatus", 2)).toBe(event.stop);
    expect(await questions()).toBe(before);
    // It runs, or is halted already; before the doorbell it was stopped.
    expect([1, 2]).toContain(await asked("status"));
  });

  it.each([
    "listLow",
    "listHigh",
    "cycle",
    "transferSize",
    "sourceLow",
    "sourceHigh",
    "destinationLow",
    "destinationHigh",
    "watermarkEnable",
    "intStatus",
  ] as const)("behind a doorbell %s has to be asked for", async (register) => {
    await engine.throughWindow.ring("write", 1);
    await asked(register);
  });

  it("a channel that is disabled reads so", async () => {
    await window.write("enable", 0);
    expect(await window.read("enable")).toBe(0);
    expect(await window.read("prefetch")).toBe(0x77);
    expect(await window.read("status")).toBe(3);
  });
});

describe("the endpoint learns of a host's write without being asked", () => {
  beforeEach(async () => {
    await engine.quiet();
    for (const channel of [1, 2]) await engine.hdma.write("enable", "write", channel, 1);
  });

  /** A list that writes the host's memory, which then is looked at alone. */
  async function ringFromHost(value: number, intSetup: number): Promise<void> {
    const { bus } = engine.pair.host;
    const element = data("write", 64, control.cycle);
    await engine.pair.endpoint.bus.writel(element.source, value);
    await engine.hdma.write("intSetup", "write", 1, intSetup);
    await engine.startList("write", 1, [element, wrap], { registers: engine.throughWindow });
    await eventually(() => bus.readl(element.destination), value);
  }

  it("that rings a channel", async () => {
    await ringFromHost(0x1357_9bdf, 0);
    await ringFromHost(0x2468_ace0, 0);
  });

  it("and counts a watermark as one, though the stop behind it is masked", async () => {
    const notifications = async () => (await engine.pair.stats()).write[1]?.notifications ?? 0;
    const before = await notifications();
    await engine.hdma.write("intSetup", "write", 1, setup.localStop | event.stop);
    const element = data("write", 64, control.cycle | control.localInterrupt);
    await engine.startList("write", 1, [element, wrap], { registers: engine.throughWindow });
    await engine.untilState("write", 1, "stopped");
    await eventually(() => engine.hdma.read("intStatus", "write", 1), event.stop | event.watermark);
    expect(await notifications()).toBe(before + 1);
  });

  it("and counts the interrupts that it leads to, of those that are not masked", async () => {
    const notifications = async () => (await engine.pair.stats()).write[1]?.notifications ?? 0;
    const before = await notifications();
    await ringFromHost(1, setup.localStop | event.stop);
    await engine.untilState("write", 1, "stopped");
    expect(await notifications()).toBe(before);
    await ringFromHost(2, setup.localStop);
    await engine.untilState("write", 1, "stopped");
    expect(await notifications()).toBe(before + 1);
  });
});
