// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { data, nowhere, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { event, type HdmaRegister, setup } from "./harness/hdma.ts";
import { HdmaPair } from "./harness/hdma-pair.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

const { cycle } = control;

let engine: HdmaPair;
beforeAll(async () => {
  engine = await HdmaPair.start({ "wr-channels": 8, "rd-channels": 4 });
});
afterAll(() => engine?.stop());
beforeEach(() => engine.quiet());

describe("a channel's registers", () => {
  it.each([
    ["enable", 1],
    ["prefetch", 0xffff_ffff],
    ["handshake", 0xffff_ffff],
    ["listLow", 0xffff_ffff],
    ["listHigh", 0xffff_ffff],
    ["cycle", 3],
    ["transferSize", 0xffff_ffff],
    ["sourceLow", 0xffff_ffff],
    ["sourceHigh", 0xffff_ffff],
    ["destinationLow", 0xffff_ffff],
    ["destinationHigh", 0xffff_ffff],
    ["watermarkEnable", 3],
    ["control1", 0xffff_ffff],
    ["functionNumber", 0xffff_ffff],
    ["quality", 0xffff_ffff],
    ["status", 0],
    ["intStatus", 0],
    ["intSetup", 0x7f],
    ["intClear", 0],
    ["stopMessageLow", 0xffff_fffc],
    ["stopMessageHigh", 0xffff_ffff],
    ["watermarkMessageLow", 0xffff_fffc],
    ["watermarkMessageHigh", 0xffff_ffff],
    ["abortMessageLow", 0xffff_fffc],
    ["abortMessageHigh", 0xffff_ffff],
    ["messageData", 0xffff_ffff],
  ] satisfies [HdmaRegister, number][])(
    "%s keeps the bits 0x%x, at either end",
    async (register, kept) => {
      // A channel that no other test here starts.
      await engine.hdma.write(register, "write", 6, 0xffff_ffff);
      expect(await engine.hdma.read(register, "write", 6)).toBe(kept);
      expect(await engine.throughWindow.read(register, "write", 6)).toBe(kept);
      await engine.throughWindow.write(register, "write", 6, 0);
      expect(await engine.throughWindow.read(register, "write", 6)).toBe(0);
      expect(await engine.hdma.read(register, "write", 6)).toBe(0);
      // The neighbours have their own.
      expect(await engine.hdma.read("transferSize", "write", 7)).toBe(0);
      expect(await engine.hdma.read("transferSize", "read", 3)).toBe(0);
    },
  );

  it("lie 0x200 apart, those of read channels 0x100 behind", async () => {
    await engine.hdma.write("quality", "write", 5, 0x1111);
    await engine.hdma.write("quality", "read", 2, 0x2222);
    const { bus } = engine.pair.endpoint;
    expect(await bus.readl(endpointMap.dma + 0x0a3cn)).toBe(0x1111);
    expect(await bus.readl(endpointMap.dma + 0x053cn)).toBe(0x2222);
  });

  it("of a channel that is not there read as zero", async () => {
    await engine.hdma.write("listLow", "read", 4, 0x1000);
    expect(await engine.hdma.read("listLow", "read", 4)).toBe(0);
    await engine.hdma.write("enable", "read", 4, 1);
    await engine.hdma.ring("read", 4);
    expect(await engine.hdma.state("read", 4)).toBe("reserved");
  });

  it.each([0xacn, 0xfcn])("are none at 0x%x of its block", async (offset) => {
    const { bus } = engine.pair.endpoint;
    const at = endpointMap.dma + 6n * 0x200n + offset;
    await bus.writel(at, 0xffff_ffff);
    expect(await bus.readl(at)).toBe(0);
    expect(await engine.hdma.read("enable", "write", 6)).toBe(0);
    expect(await engine.hdma.state("write", 6)).toBe("reserved");
  });

  it("do not tell how many channels there are", async () => {
    // Where eDMA's counts are, HDMA has the first channel's prefetch.
    expect(await engine.pair.endpoint.bus.readl(endpointMap.dma + 8n)).toBe(0);
  });
});

it("what a channel says of itself stays, whoever writes to it", async () => {
  await engine.hdma.write("intSetup", "write", 1, setup.localStop);
  await engine.startList("write", 1, [data("write", 64, cycle), wrap]);
  await eventually(() => engine.hdma.read("intStatus", "write", 1), event.stop);
  for (const registers of [engine.hdma, engine.throughWindow]) {
    for (const value of [0, 0xffff_ffff]) {
      await registers.write("status", "write", 1, value);
      await registers.write("intStatus", "write", 1, value);
      expect(await engine.hdma.state("write", 1)).toBe("stopped");
      expect(await engine.hdma.read("intStatus", "write", 1)).toBe(event.stop);
    }
  }
});

describe("through a window", () => {
  it.each(["write", "read"] as const)("a %s channel runs and interrupts", async (direction) => {
    await engine.throughWindow.write("intSetup", direction, 1, setup.localStop);
    await engine.startList(direction, 1, [data(direction, 64, cycle), wrap], {
      registers: engine.throughWindow,
    });
    await eventually(() => engine.throughWindow.read("intStatus", direction, 1), event.stop);
    expect(await engine.throughWindow.state(direction, 1)).toBe("stopped");
    // The endpoint's line counts writes of 8 channels before those that read.
    await eventually(() => engine.pair.line(direction, 1), true);
    await engine.throughWindow.write("intClear", direction, 1, event.stop);
    expect(await engine.throughWindow.read("intStatus", direction, 1)).toBe(0);
    await eventually(() => engine.pair.line(direction, 1), false);
  });

  it("a read after the doorbell never tells of the time before it", async () => {
    await engine.startList("write", 0, [data("write", 64, cycle), wrap]);
    await engine.untilState("write", 0, "stopped");
    for (let round = 0; round < 20; round++) {
      await engine.throughWindow.prepareList("write", 0, nowhere);
      await engine.throughWindow.ring("write", 0);
      expect(await engine.throughWindow.state("write", 0)).not.toBe("stopped");
      await engine.untilState("write", 0, "halted");
      await engine.startList("write", 0, [data("write", 64, cycle), wrap]);
      await engine.untilState("write", 0, "stopped");
    }
  });

  it("a mask that is lifted raises the line", async () => {
    await engine.throughWindow.write("intSetup", "write", 2, setup.localStop | event.stop);
    await engine.startList("write", 2, [data("write", 64, cycle), wrap]);
    await engine.untilState("write", 2, "stopped");
    expect(await engine.pair.line("write", 2)).toBe(false);
    await engine.throughWindow.write("intSetup", "write", 2, setup.localStop);
    await eventually(() => engine.pair.line("write", 2), true);
  });

  it("a channel is stopped", async () => {
    await engine.runEndlessly("write", 3);
    await engine.throughWindow.stop("write", 3);
    await engine.untilState("write", 3, "stopped");
  });

  it("a disabled channel comes to rest", async () => {
    await engine.runEndlessly("write", 3);
    await engine.throughWindow.write("enable", "write", 3, 0);
    await engine.untilState("write", 3, "stopped");
    expect(await engine.throughWindow.read("enable", "write", 3)).toBe(0);
  });
});

it("a register map that does not exist is refused, with those that do", async () => {
  await expect(LinkedPair.start({ "dma-map": "hdma-v9" })).rejects.toThrow(
    /no register map 'hdma-v9' of the DMA engine, only edma-v0, hdma-v0/,
  );
});
