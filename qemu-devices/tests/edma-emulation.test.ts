// SPDX-License-Identifier: MIT
/** Interrupt emulation: Linux's embedded doorbell (`dw_edma_v0_core_db_offset`). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  data,
  everyInterrupt,
  quiet,
  startDma,
  startList,
  untilState,
  wrap,
} from "./harness/dma.ts";
import { control, EdmaRegisters } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

const directions = ["write", "read"] as const;
const { cycle, localInterrupt } = control;

describe("a write to the interrupt status", () => {
  let pair: LinkedPair;
  beforeAll(async () => {
    pair = await startDma();
  });
  afterAll(() => pair?.stop());
  beforeEach(() => quiet(pair));

  it.each(directions)(
    "of the %s channels raises the line of channel 0 and no status bit",
    async (direction) => {
      await pair.edma.write("intStatus", direction, 0);
      expect(await pair.line(direction, 0)).toBe(true);
      for (const channel of [1, 2, 3]) expect(await pair.line(direction, channel)).toBe(false);
      expect(await pair.edma.read("intStatus", direction)).toBe(0);
    },
  );

  it.each(directions)("of the %s channels ends with a zero to intClear", async (direction) => {
    await pair.edma.write("intStatus", direction, 0xffff_ffff);
    expect(await pair.line(direction, 0)).toBe(true);
    await pair.edma.write("intClear", direction, everyInterrupt);
    expect(await pair.line(direction, 0)).toBe(true);
    await pair.edma.write("intClear", direction, 0);
    expect(await pair.line(direction, 0)).toBe(false);
  });

  it("of one direction is not ended by the other's intClear", async () => {
    await pair.edma.write("intStatus", "read", 0);
    await pair.edma.write("intClear", "write", 0);
    expect(await pair.line("read", 0)).toBe(true);
  });

  it("is held back by no mask", async () => {
    await pair.edma.write("intMask", "read", everyInterrupt);
    await pair.edma.write("intStatus", "read", 0);
    expect(await pair.line("read", 0)).toBe(true);
  });

  it("does not hide a real interrupt, nor the other way round", async () => {
    await startList(pair, "read", 0, [data("read", 64, cycle | localInterrupt), wrap]);
    await eventually(() => pair.edma.read("intStatus", "read"), 1);
    await pair.edma.write("intStatus", "read", 0);
    await pair.edma.write("intClear", "read", 0);
    expect(await pair.line("read", 0)).toBe(true);
    await pair.edma.write("intStatus", "read", 0);
    await pair.edma.write("intClear", "read", 1);
    expect(await pair.line("read", 0)).toBe(true);
    await pair.edma.write("intClear", "read", 0);
    expect(await pair.line("read", 0)).toBe(false);
    await untilState(pair, "read", 0, "stopped");
  });
});

describe("from the host", () => {
  it.each([
    [4, "read"],
    // A direction without channels has no line of its own.
    [0, "write"],
  ] as const)(
    "with %i read channels it raises the %s channels' first line, and is counted",
    async (count, direction) => {
      const pair = await LinkedPair.start({ "rd-channels": count });
      try {
        await pair.implementBar(2, 0x2000);
        await pair.iatu.mapBar(0, 2, endpointMap.dma);
        const bars = await pair.linkUp();
        const throughWindow = new EdmaRegisters(pair.host.bus, bars.get(2)?.address ?? 0n);
        await throughWindow.write("intStatus", "read", 0);
        await eventually(() => pair.line(direction, 0), true);
        expect((await pair.stats()).doorbells).toBe(1);
        await pair.edma.write("intClear", "read", 0);
        expect(await pair.line(direction, 0)).toBe(false);
      } finally {
        await pair.stop();
      }
    },
  );
});
