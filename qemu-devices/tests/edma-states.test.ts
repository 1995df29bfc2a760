// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  data,
  list,
  nowhere,
  quiet,
  runEndlessly,
  startDma,
  startList,
  untilState,
  wrap,
} from "./harness/dma.ts";
import { control, elementSize, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import type { LinkedPair } from "./harness/linked-pair.ts";

const { cycle } = control;
const directions = ["write", "read"] as const;

let pair: LinkedPair;
beforeAll(async () => {
  pair = await startDma();
});
afterAll(() => pair?.stop());
beforeEach(() => quiet(pair));

describe("a channel's state", () => {
  it("is neither running nor stopped before the first doorbell", async () => {
    expect(await pair.edma.state("write", 3)).toBe("reserved");
    expect(await pair.edma.state("read", 3)).toBe("reserved");
  });

  it.each(directions)("of a %s channel goes from running to stopped", async (direction) => {
    await runEndlessly(pair, direction, 0);
    expect(await pair.edma.state(direction, 0)).toBe("running");
    await pair.edma.stop(direction, 0);
    await untilState(pair, direction, 0, "stopped");
  });

  it.each(directions)("of a %s channel is halted after an error", async (direction) => {
    await pair.edma.prepareList(direction, 0, nowhere);
    await pair.edma.ring(direction, 0);
    await untilState(pair, direction, 0, "halted");
  });

  it("is the engine's to write", async () => {
    await startList(pair, "write", 1, [wrap]);
    await untilState(pair, "write", 1, "stopped");
    await pair.edma.writeChannel("control1", "write", 1, 1 << 5);
    expect(await pair.edma.state("write", 1)).toBe("stopped");
  });

  it("of one channel is not another's", async () => {
    await runEndlessly(pair, "write", 0);
    await startList(pair, "write", 1, [wrap], { at: list + 0x1000n });
    await untilState(pair, "write", 1, "stopped");
    expect(await pair.edma.state("write", 0)).toBe("running");
    await pair.edma.stop("write", 0);
    await untilState(pair, "write", 0, "stopped");
  });
});

describe("the stop bit", () => {
  it("of an idle channel does nothing", async () => {
    const { doorbells } = (await pair.stats()).write[2] ?? { doorbells: -1 };
    await pair.edma.stop("write", 2);
    expect(await pair.edma.state("write", 2)).toBe("reserved");
    expect((await pair.stats()).write[2]?.doorbells).toBe(doorbells);
  });

  it("raises no interrupt of its own", async () => {
    await runEndlessly(pair, "write", 0);
    await pair.edma.stop("write", 0);
    await untilState(pair, "write", 0, "stopped");
    expect(await pair.edma.read("intStatus", "write")).toBe(0);
  });

  it("leaves the channel at the element that the next doorbell takes", async () => {
    await runEndlessly(pair, "write", 0);
    await pair.edma.stop("write", 0);
    await untilState(pair, "write", 0, "stopped");
    const { next } = await pair.edma.position("write", 0);
    expect([list, list + BigInt(elementSize)]).toContain(next);
    // The data element again, then an end where there was the endless link.
    await pair.endpoint.bus.write(
      next,
      linkedList([data("write", 64, cycle), { next: list, flags: 0 }]),
    );
    await pair.edma.ring("write", 0);
    await untilState(pair, "write", 0, "stopped");
    expect((await pair.edma.position("write", 0)).next).toBe(next + BigInt(elementSize));
  });
});

describe("the doorbell", () => {
  it("is ignored while the engine is disabled", async () => {
    await pair.edma.prepareList("write", 1, list);
    await pair.edma.write("engineEnable", "write", 0);
    const before = await pair.edma.state("write", 1);
    const { doorbells } = (await pair.stats()).write[1] ?? { doorbells: -1 };
    await pair.edma.ring("write", 1);
    expect(await pair.edma.state("write", 1)).toBe(before);
    expect((await pair.stats()).write[1]?.doorbells).toBe(doorbells);
  });

  it("of write channels does not need the read channels' engine", async () => {
    await pair.edma.write("engineEnable", "read", 0);
    await startList(pair, "write", 1, [data("write", 64, cycle), wrap]);
    await untilState(pair, "write", 1, "stopped");
  });

  it("reads as zero", async () => {
    expect(await pair.edma.read("doorbell", "write")).toBe(0);
  });
});

describe("engine enable", () => {
  it.each(directions)(
    "off brings the %s channels to rest before it reads as off",
    async (direction) => {
      await runEndlessly(pair, direction, 0);
      expect(await pair.edma.read("engineEnable", direction)).toBe(1);
      await pair.edma.write("engineEnable", direction, 0);
      await eventually(() => pair.edma.read("engineEnable", direction), 0);
      expect(await pair.edma.state(direction, 0)).toBe("stopped");
    },
  );

  it("on again lets channels run again", async () => {
    await pair.edma.write("engineEnable", "write", 0);
    await startList(pair, "write", 0, [data("write", 64, cycle), wrap]);
    await untilState(pair, "write", 0, "stopped");
    expect((await pair.edma.position("write", 0)).next).toBe(list + BigInt(elementSize));
  });
});

describe("a reset of the machine", () => {
  it("ends what runs and leaves reset values", async () => {
    await pair.edma.routeInterruptMessages("write", 0, { done: 0x1000n, abort: 0x2000n, data: 7 });
    await pair.edma.write("intMask", "read", 0xff);
    await runEndlessly(pair, "write", 0);
    await pair.endpoint.qmp.execute("system_reset");
    await eventually(() => pair.edma.read("engineEnable", "write"), 0);
    expect(await pair.edma.read("intMask", "read")).toBe(0);
    expect(await pair.edma.read("doneImwrLow", "write")).toBe(0);
    expect(await pair.edma.read("imwrData01", "write")).toBe(0);
    expect(await pair.edma.channelCounts()).toEqual({ write: 4, read: 4 });
    // The thread may have been in the middle of a copy; what it does then must not show.
    const transfers = async () => (await pair.stats()).write[0]?.elements;
    const settled = await transfers();
    expect(await pair.edma.state("write", 0)).toBe("reserved");
    expect((await pair.edma.position("write", 0)).next).toBe(0n);
    expect(await transfers()).toBe(settled);
  });
});
