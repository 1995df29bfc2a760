// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  data,
  list,
  local,
  pattern,
  quiet,
  remote,
  startDma,
  startList,
  untilState,
  wrap,
} from "./harness/dma.ts";
import { control, type Direction, elementSize, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import type { LinkedPair } from "./harness/linked-pair.ts";

const { cycle, toggleCycle } = control;
const behind = (elements: number) => list + BigInt(elements * elementSize);

let pair: LinkedPair;
beforeAll(async () => {
  pair = await startDma();
});
afterAll(() => pair?.stop());
beforeEach(() => quiet(pair));

/** The memory that a channel of this direction reads and the one that it writes. */
function ends(direction: Direction) {
  return direction === "write"
    ? { from: pair.endpoint.bus, to: pair.host.bus, source: local, destination: remote }
    : { from: pair.host.bus, to: pair.endpoint.bus, source: remote, destination: local };
}

describe("a data element", () => {
  it.each(["write", "read"] as const)(
    "of a %s channel carries its bytes, at any alignment and no others",
    async (direction) => {
      const { from, to, source, destination } = ends(direction);
      const bytes = pattern(70_007, 3);
      await from.write(source + 1n, bytes);
      await to.write(destination, Buffer.alloc(bytes.length + 8, 0xee));
      const element = {
        source: source + 1n,
        destination: destination + 3n,
        size: bytes.length,
        flags: cycle,
      };
      await startList(pair, direction, 1, [element, wrap]);
      await untilState(pair, direction, 1, "stopped");
      const margin = (length: number) => Buffer.alloc(length, 0xee);
      expect(
        (await to.read(destination, bytes.length + 8)).equals(
          Buffer.concat([margin(3), bytes, margin(5)]),
        ),
      ).toBe(true);
    },
  );

  it("of no bytes is an element all the same", async () => {
    const before = (await pair.stats()).write[0];
    await startList(pair, "write", 0, [data("write", 0, cycle), wrap]);
    await untilState(pair, "write", 0, "stopped");
    expect((await pair.edma.position("write", 0)).next).toBe(behind(1));
    expect((await pair.stats()).write[0]).toMatchObject({
      elements: (before?.elements ?? 0) + 1,
      bytes: before?.bytes,
    });
  });
});

describe("the cycle bit", () => {
  it("ends the walk at the element whose bit is not the channel's", async () => {
    const page = 0x1000;
    await pair.host.bus.write(remote, Buffer.alloc(3 * page));
    await pair.endpoint.bus.write(local, pattern(3 * page, 1));
    await startList(pair, "write", 0, [
      data("write", page, cycle),
      data("write", page, cycle, BigInt(page)),
      data("write", page, 0, BigInt(2 * page)),
      wrap,
    ]);
    await untilState(pair, "write", 0, "stopped");
    expect(
      (await pair.host.bus.read(remote, 3 * page)).equals(
        Buffer.concat([pattern(3 * page, 1).subarray(0, 2 * page), Buffer.alloc(page)]),
      ),
    ).toBe(true);
    expect(await pair.edma.position("write", 0)).toEqual({ next: behind(2), cycleState: true });
  });

  it("may be 0 from the start: CCS says which one counts", async () => {
    await pair.endpoint.bus.write(
      list,
      linkedList([data("read", 64, 0), data("read", 64, 0), data("read", 64, cycle)]),
    );
    await pair.edma.prepareList("read", 2, list, false);
    await pair.edma.ring("read", 2);
    await untilState(pair, "read", 2, "stopped");
    expect(await pair.edma.position("read", 2)).toEqual({ next: behind(2), cycleState: false });
  });
});

describe("a link element", () => {
  const elsewhere = list + 0x8000n;

  it("without TCB goes on elsewhere under the same cycle bit", async () => {
    await pair.endpoint.bus.write(
      elsewhere,
      linkedList([data("write", 64, cycle), data("write", 64, 0)]),
    );
    await startList(pair, "write", 0, [
      data("write", 64, cycle),
      { next: elsewhere, flags: cycle },
    ]);
    await untilState(pair, "write", 0, "stopped");
    expect(await pair.edma.position("write", 0)).toEqual({
      next: elsewhere + BigInt(elementSize),
      cycleState: true,
    });
  });

  it("with TCB goes on under the other cycle bit", async () => {
    await pair.endpoint.bus.write(
      elsewhere,
      linkedList([data("write", 64, 0), data("write", 64, cycle)]),
    );
    await startList(pair, "write", 0, [
      data("write", 64, cycle),
      { next: elsewhere, flags: cycle | toggleCycle },
    ]);
    await untilState(pair, "write", 0, "stopped");
    expect(await pair.edma.position("write", 0)).toEqual({
      next: elsewhere + BigInt(elementSize),
      cycleState: false,
    });
  });

  it("may follow a link element", async () => {
    await pair.endpoint.bus.write(elsewhere, linkedList([{ next: behind(1), flags: cycle }]));
    await startList(pair, "write", 0, [
      { next: elsewhere, flags: cycle },
      data("write", 64, cycle),
      data("write", 64, 0),
    ]);
    await untilState(pair, "write", 0, "stopped");
    expect((await pair.edma.position("write", 0)).next).toBe(behind(2));
  });

  it("with the other cycle bit ends the walk, too, and each doorbell's", async () => {
    const strict = await startDma({ "forgive-link-cycle": "off" });
    try {
      await startList(strict, "write", 0, [data("write", 64, cycle), wrap]);
      await untilState(strict, "write", 0, "stopped");
      // The next part of a transfer, shorter than the first: the channel stands at the first one's link.
      await strict.endpoint.bus.write(list, linkedList([data("write", 64, 0)]));
      const taken = async () => (await strict.stats()).write[0]?.doorbells;
      await strict.edma.ring("write", 0);
      await eventually(taken, 2);
      await untilState(strict, "write", 0, "stopped");
      expect(await strict.edma.position("write", 0)).toEqual({ next: behind(1), cycleState: true });
      expect((await strict.stats()).write[0]?.elements).toBe(1);
    } finally {
      await strict.stop();
    }
  });

  it("with the other cycle bit is taken by the next doorbell where that is forgiven", async () => {
    const before = (await pair.stats()).write[0]?.elements ?? 0;
    await startList(pair, "write", 0, [data("write", 64, cycle), wrap]);
    await untilState(pair, "write", 0, "stopped");
    await pair.endpoint.bus.write(list, linkedList([data("write", 64, 0), data("write", 64, 1)]));
    await pair.edma.ring("write", 0);
    await eventually(async () => (await pair.stats()).write[0]?.elements, before + 2);
    await untilState(pair, "write", 0, "stopped");
  });

  it("with the other cycle bit and no TCB ends the walk, forgiven or not", async () => {
    const before = (await pair.stats()).write[0]?.elements ?? 0;
    await startList(pair, "write", 0, [data("write", 64, cycle), { next: list, flags: 0 }]);
    await untilState(pair, "write", 0, "stopped");
    expect((await pair.edma.position("write", 0)).next).toBe(behind(1));
    expect((await pair.stats()).write[0]?.elements).toBe(before + 1);
  });

  it("to itself does not hang the channel for good: it can be stopped", async () => {
    await startList(pair, "write", 0, [{ next: list, flags: cycle }]);
    expect(await pair.edma.state("write", 0)).toBe("running");
    await pair.edma.stop("write", 0);
    await untilState(pair, "write", 0, "stopped");
  });
});

describe("a ring", () => {
  it("is gone through lap after lap while elements are added behind the channel", async () => {
    const slots = 4;
    const laps = 6;
    const size = 64;
    await pair.edma.prepareList("write", 2, list);
    await pair.endpoint.bus.write(list, Buffer.alloc((slots + 1) * elementSize));
    for (let number = 0; number < slots * laps; number++) {
      const lap = Math.floor(number / slots);
      const slot = number % slots;
      const bit = lap % 2 === 0 ? cycle : 0;
      await pair.endpoint.bus.write(local, pattern(size, number));
      await pair.endpoint.bus.write(behind(slot), linkedList([data("write", size, bit)]));
      // The last slot of a lap brings the link with it.
      if (slot === slots - 1) {
        const link = { next: list, flags: toggleCycle | bit };
        await pair.endpoint.bus.write(behind(slots), linkedList([link]));
      }
      await pair.edma.ring("write", 2);
      await eventually(() => pair.host.bus.read(remote, size), pattern(size, number));
      await untilState(pair, "write", 2, "stopped");
    }
    expect(await pair.edma.position("write", 2)).toEqual({ next: list, cycleState: true });
  });

  it("is reused chunk by chunk, as Linux's dw_edma_core_start does", async () => {
    // The last chunk is shorter, and the link of the one before still stands where the channel is.
    const lengths = [3, 3, 3, 3, 2];
    await pair.edma.prepareList("write", 2, list);
    for (const [chunk, length] of lengths.entries()) {
      const bit = chunk % 2 === 0 ? cycle : 0;
      const bytes = pattern(length * 0x100, chunk);
      await pair.endpoint.bus.write(local, bytes);
      const elements = Array.from({ length }, (_, at) =>
        data("write", 0x100, bit, BigInt(at * 0x100)),
      );
      const link = { next: list, flags: toggleCycle | (bit === 0 ? cycle : 0) };
      await pair.endpoint.bus.write(list, linkedList([...elements, link]));
      await pair.edma.ring("write", 2);
      await untilState(pair, "write", 2, "stopped");
      const got = await pair.host.bus.read(remote, bytes.length);
      expect(got.equals(bytes), `chunk ${chunk}`).toBe(true);
      expect((await pair.edma.position("write", 2)).next, `chunk ${chunk}`).toBe(behind(length));
    }
  });

  it("longer than a page of elements is gone through to its end", async () => {
    const before = (await pair.stats()).read[1]?.elements ?? 0;
    const elements = Array.from({ length: 1000 }, (_, at) => data("read", 16, cycle, BigInt(at)));
    await startList(pair, "read", 1, [...elements, wrap]);
    await untilState(pair, "read", 1, "stopped");
    expect((await pair.stats()).read[1]?.elements).toBe(before + 1000);
    expect((await pair.edma.position("read", 1)).next).toBe(behind(1000));
  });
});

describe("the channel's registers", () => {
  it("show the last element, and counters count what it took", async () => {
    const before = (await pair.stats()).write[3];
    const last = data("write", 28, cycle, 0x40n);
    await startList(pair, "write", 3, [data("write", 100, cycle), last, wrap]);
    await untilState(pair, "write", 3, "stopped");
    const shown = (register: Parameters<typeof pair.edma.readChannel>[0]) =>
      pair.edma.readChannel(register, "write", 3);
    expect(await shown("transferSize")).toBe(28);
    expect(await shown("sourceLow")).toBe(Number(last.source));
    expect(await shown("destinationLow")).toBe(Number(last.destination));
    expect((await pair.stats()).write[3]).toMatchObject({
      bytes: (before?.bytes ?? 0) + 128,
      elements: (before?.elements ?? 0) + 2,
      transfers: (before?.transfers ?? 0) + 1,
      doorbells: (before?.doorbells ?? 0) + 1,
      aborts: before?.aborts ?? 0,
    });
  });
});
