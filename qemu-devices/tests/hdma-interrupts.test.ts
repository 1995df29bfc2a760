// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  abortMessage,
  data,
  doneMessage,
  list,
  local,
  nowhere,
  remote,
  wrap,
} from "./harness/dma.ts";
import {
  control,
  type DataElement,
  type Direction,
  elementSize,
  linkedList,
} from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { allEvents, errorCode, event, setup } from "./harness/hdma.ts";
import { HdmaPair, watermarkMessage } from "./harness/hdma-pair.ts";

const { cycle, localInterrupt, remoteInterrupt } = control;
const channel = 1;
const quietly = { stop: 0, watermark: 0, abort: 0 };

let engine: HdmaPair;
beforeAll(async () => {
  engine = await HdmaPair.start();
});
afterAll(() => engine?.stop());
beforeEach(() => engine.quiet());

/** One element of 64 bytes, run to its end under this setup. */
async function transfer(direction: Direction, intSetup: number, flags = 0) {
  await engine.hdma.write("intSetup", direction, channel, intSetup);
  await engine.startList(direction, channel, [data(direction, 64, cycle | flags), wrap]);
  await engine.untilState(direction, channel, "stopped");
}

async function runToAbort(direction: Direction, intSetup: number, element: Partial<DataElement>) {
  await engine.hdma.write("intSetup", direction, channel, intSetup);
  const whole = { ...data(direction, 64, cycle), ...element };
  await engine.startList(direction, channel, [whole, wrap]);
  await engine.untilState(direction, channel, "halted");
}

const status = (direction: Direction) => engine.hdma.read("intStatus", direction, channel);

describe("the stop interrupt", () => {
  it.each(["write", "read"] as const)(
    "of a %s channel raises its own line, until it is cleared",
    async (direction) => {
      await transfer(direction, setup.localStop);
      await eventually(() => engine.pair.line(direction, channel), true);
      expect(await status(direction)).toBe(event.stop);
      expect(await engine.pair.line(direction, 2)).toBe(false);
      await engine.hdma.write("intClear", direction, channel, event.stop);
      expect(await status(direction)).toBe(0);
      expect(await engine.pair.line(direction, channel)).toBe(false);
    },
  );

  it("is latched only with LSIE", async () => {
    await transfer("write", 0);
    expect(await status("write")).toBe(0);
    expect(await engine.pair.line("write", channel)).toBe(false);
  });

  it("that is masked sets the status, and the line when the mask is lifted", async () => {
    await transfer("write", setup.localStop | event.stop);
    await eventually(() => status("write"), event.stop);
    expect(await engine.pair.line("write", channel)).toBe(false);
    await engine.hdma.write("intSetup", "write", channel, setup.localStop);
    expect(await engine.pair.line("write", channel)).toBe(true);
  });

  it("sends the stop message with RSIE, whatever the mask, and sets no status by that", async () => {
    await transfer("read", setup.remoteStop | event.stop);
    await eventually(() => engine.messages(), { ...quietly, stop: 0x51 });
    expect(await status("read")).toBe(0);
  });

  it("comes once a list, not once an element", async () => {
    await engine.hdma.write("intSetup", "write", channel, setup.localStop);
    const again = { next: list, flags: cycle };
    await engine.startList("write", channel, [data("write", 64, cycle), again]);
    await eventually(async () => (await elements()) > 10, true);
    expect(await status("write")).toBe(0);
    await engine.pair.endpoint.bus.write(
      list + BigInt(elementSize),
      linkedList([{ next: list, flags: 0 }]),
    );
    await eventually(() => status("write"), event.stop);
  });

  it("goes nowhere while no address is set", async () => {
    const nothing = { stop: 0n, watermark: 0n, abort: 0n, data: 7 };
    await engine.hdma.routeInterruptMessages("write", channel, nothing);
    const { imwr } = await engine.pair.stats();
    await transfer("write", setup.remoteStop | setup.localStop);
    await eventually(() => status("write"), event.stop);
    expect((await engine.pair.stats()).imwr).toBe(imwr);
  });
});

it("a message goes to an address of 64 bits", async () => {
  const route = { stop: doneMessage + (0x40n << 32n), watermark: 0n, abort: 0n, data: 7 };
  await engine.hdma.routeInterruptMessages("write", channel, route);
  const { imwr } = await engine.pair.stats();
  await transfer("write", setup.remoteStop);
  await eventually(async () => (await engine.pair.stats()).imwr, imwr + 1);
  expect(await engine.messages()).toEqual(quietly);
});

async function elements() {
  return (await engine.pair.stats()).write[channel]?.elements ?? 0;
}

describe("the watermark interrupt", () => {
  it("is asked for by the element, LWIE for the status", async () => {
    await transfer("write", 0, localInterrupt);
    expect(await status("write")).toBe(event.watermark);
    await eventually(() => engine.pair.line("write", channel), true);
    expect(await engine.messages()).toEqual(quietly);
  });

  it("goes as a message of its own with RWIE", async () => {
    await transfer("write", 0, remoteInterrupt);
    await eventually(() => engine.messages(), { ...quietly, watermark: 0x51 });
    expect(await status("write")).toBe(0);
  });

  it("is masked by its own bit", async () => {
    await transfer("write", event.watermark, localInterrupt);
    expect(await status("write")).toBe(event.watermark);
    expect(await engine.pair.line("write", channel)).toBe(false);
  });

  it("of an element in the middle comes while the list goes on", async () => {
    const again = { next: list + BigInt(elementSize), flags: cycle };
    await engine.hdma.write("intSetup", "write", channel, setup.localStop);
    await engine.startList("write", channel, [
      data("write", 64, cycle | localInterrupt),
      data("write", 64, cycle),
      again,
    ]);
    await eventually(() => status("write"), event.watermark);
    expect(await engine.hdma.state("write", channel)).toBe("running");
    await engine.hdma.stop("write", channel);
    await engine.untilState("write", channel, "stopped");
  });

  it("and the stop of the last element both come", async () => {
    await transfer("read", setup.localStop | setup.remoteStop, localInterrupt | remoteInterrupt);
    await eventually(() => engine.messages(), { ...quietly, stop: 0x51, watermark: 0x51 });
    expect(await status("read")).toBe(event.stop | event.watermark);
    await engine.hdma.write("intClear", "read", channel, event.watermark);
    expect(await status("read")).toBe(event.stop);
  });

  it("is asked for by the register without a list", async () => {
    await engine.hdma.write("watermarkEnable", "write", channel, 1 << 1);
    await engine.hdma.prepareSingle("write", channel, data("write", 64, 0));
    await engine.hdma.ring("write", channel);
    await eventually(() => status("write"), event.watermark);
    await engine.hdma.write("watermarkEnable", "write", channel, 1 << 0);
    await engine.hdma.prepareSingle("write", channel, data("write", 64, 0));
    await engine.hdma.ring("write", channel);
    await eventually(() => engine.messages(), { ...quietly, watermark: 0x51 });
  });
});

describe("an abort", () => {
  const listFetch = 0x1;
  const dataRead = 0x9;
  const dataWrite = 0xc;

  it.each([
    ["write", "a source without memory", { source: nowhere }, dataRead],
    ["read", "a source that nobody answers for", { source: nowhere }, dataRead],
    ["read", "a destination without memory", { destination: nowhere }, dataWrite],
  ] as const)(
    "of a %s channel by %s says so in the status",
    async (direction, _, element, code) => {
      await runToAbort(direction, setup.localAbort, element);
      expect(await status(direction)).toBe(event.abort | (code << 3));
      await eventually(() => engine.pair.line(direction, channel), true);
      expect((await engine.hdma.position(direction, channel)).next).toBe(list);
    },
  );

  it("of a write channel by a request that cannot be made is a write's", async () => {
    await engine.hdma.write("intSetup", "write", channel, setup.localAbort);
    await engine.pair.property("aborts");
    await engine.pair.endpoint.qmp.execute("qom-set", {
      path: "/machine/peripheral/ep",
      property: "aborts",
      value: { direction: "write", channel, count: 1 },
    });
    await engine.startList("write", channel, [data("write", 64, cycle), wrap]);
    await engine.untilState("write", channel, "halted");
    expect(errorCode(await status("write"))).toBe(dataWrite);
  });

  it.each(["write", "read"] as const)(
    "of a %s channel by its list is told apart",
    async (direction) => {
      await engine.hdma.write("intSetup", direction, channel, setup.localAbort);
      await engine.hdma.prepareList(direction, channel, nowhere);
      await engine.hdma.ring(direction, channel);
      await engine.untilState(direction, channel, "halted");
      expect(errorCode(await status(direction))).toBe(listFetch);
    },
  );

  it("is cleared with its code, and by its own bit alone", async () => {
    await runToAbort("write", setup.localAbort, { source: nowhere });
    await engine.hdma.write("intClear", "write", channel, ~event.abort >>> 0);
    expect(errorCode(await status("write"))).toBe(dataRead);
    await engine.hdma.write("intClear", "write", channel, event.abort);
    expect(await status("write")).toBe(0);
    expect(await engine.pair.line("write", channel)).toBe(false);
  });

  it("is latched only with LAIE, and sends its message only with RAIE", async () => {
    await runToAbort("write", setup.localStop | setup.remoteStop, { source: nowhere });
    expect(await status("write")).toBe(0);
    expect(await engine.messages()).toEqual(quietly);
    await runToAbort("write", setup.remoteAbort | event.abort, { source: nowhere });
    await eventually(() => engine.messages(), { ...quietly, abort: 0x51 });
    expect(await status("write")).toBe(0);
  });

  it("that is masked raises no line", async () => {
    await runToAbort("write", setup.localAbort | event.abort, { source: nowhere });
    expect((await status("write")) & allEvents).toBe(event.abort);
    expect(await engine.pair.line("write", channel)).toBe(false);
    // Looked at again, the error's code beside it raises none either.
    await engine.hdma.write("intSetup", "write", channel, setup.localAbort | event.abort);
    expect(await engine.pair.line("write", channel)).toBe(false);
  });

  it("leaves the channel to be rung again", async () => {
    await runToAbort("write", 0, { source: nowhere });
    await transfer("write", setup.localStop);
    await eventually(() => status("write"), event.stop);
  });
});

it("each channel has its own setup, status, addresses and data", async () => {
  for (const [at, ch] of [
    [doneMessage, 0],
    [abortMessage, 2],
    [watermarkMessage, 3],
  ] as const) {
    await engine.hdma.write("intSetup", "write", ch, setup.localStop | setup.remoteStop);
    await engine.hdma.routeInterruptMessages("write", ch, {
      stop: at,
      watermark: 0n,
      abort: 0n,
      data: 0x1234_0000 + ch,
    });
    const element = { source: local, destination: remote, size: 64, flags: cycle };
    const listAt = list + BigInt(ch * 0x1000);
    await engine.startList("write", ch, [element, wrap], { at: listAt });
  }
  await eventually(() => engine.messages(), {
    stop: 0x1234_0000,
    abort: 0x1234_0002,
    watermark: 0x1234_0003,
  });
  await engine.hdma.write("intClear", "write", 2, event.stop);
  expect(await engine.hdma.read("intStatus", "write", 2)).toBe(0);
  expect(await engine.hdma.read("intStatus", "write", 3)).toBe(event.stop);
  expect(await engine.hdma.read("intStatus", "read", 3)).toBe(0);
});
