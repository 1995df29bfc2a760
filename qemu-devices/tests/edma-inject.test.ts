// SPDX-License-Identifier: MIT
/** Aborts that are asked for over QMP, and come when an element does. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  abortMessage,
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
import { control, type Direction } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import type { LinkedPair } from "./harness/linked-pair.ts";

const { cycle, localInterrupt } = control;

let pair: LinkedPair;
beforeAll(async () => {
  pair = await startDma();
});
afterAll(() => pair?.stop());
beforeEach(async () => {
  await quiet(pair);
  for (const direction of ["write", "read"]) await ask({ direction, count: 0 });
});

async function ask(value: Record<string, unknown>): Promise<void> {
  await pair.endpoint.qmp.execute("qom-set", {
    path: "/machine/peripheral/ep",
    ...{ property: "aborts", value },
  });
}

/** Three elements of 64 bytes, one behind the other. */
async function runThree(direction: Direction, channel: number): Promise<void> {
  const elements = [0n, 64n, 128n].map((at) => data(direction, 64, cycle | localInterrupt, at));
  await startList(pair, direction, channel, [...elements, wrap]);
}

describe("an abort that was asked for", () => {
  it.each(["write", "read"] as const)(
    "of a %s channel is as one of the bus, after the elements let through",
    async (direction) => {
      const [source, destination] =
        direction === "write"
          ? [pair.endpoint.bus, pair.host.bus]
          : [pair.host.bus, pair.endpoint.bus];
      await source.write(local, pattern(192, 5));
      await destination.write(remote, Buffer.alloc(192));
      await pair.edma.routeInterruptMessages(direction, 1, {
        ...{ done: 0n, abort: abortMessage, data: 0x55 },
      });
      await ask({ direction, channel: 1, count: 1, skip: 1 });
      expect(await pair.property("aborts")).toEqual({ write: 0, read: 0, [direction]: 1 });
      const before = (await pair.stats())[direction][1];

      await runThree(direction, 1);
      await untilState(pair, direction, 1, "halted");
      expect(await pair.property("aborts")).toEqual({ write: 0, read: 0 });
      expect(await pair.edma.read("intStatus", direction)).toBe((1 << 17) | (1 << 1));
      expect(await pair.edma.read("errorStatusHigh", direction)).toBe(1 << 1);
      await eventually(() => pair.host.bus.readl(abortMessage), 0x55);
      expect((await pair.edma.position(direction, 1)).next).toBe(list + 24n);
      const after = (await pair.stats())[direction][1];
      expect(after?.aborts).toBe((before?.aborts ?? 0) + 1);
      expect(after?.elements).toBe((before?.elements ?? 0) + 1);
      // Nothing of the second element was moved.
      expect(await destination.read(remote, 192)).toEqual(
        Buffer.concat([pattern(192, 5).subarray(0, 64), Buffer.alloc(128)]),
      );

      // It was one: the channel goes on where it halted.
      await pair.edma.write("intClear", direction, 0x00ff_00ff);
      await pair.edma.ring(direction, 1);
      await untilState(pair, direction, 1, "stopped");
      expect(await destination.read(remote, 192)).toEqual(pattern(192, 5));
    },
  );

  it("leaves other channels and the other direction alone", async () => {
    await ask({ direction: "write", channel: 2, count: 1 });
    await runThree("write", 1);
    await untilState(pair, "write", 1, "stopped");
    await runThree("read", 2);
    await untilState(pair, "read", 2, "stopped");
    expect(await pair.property("aborts")).toEqual({ write: 1, read: 0 });
  });

  it("without a channel hits whichever comes, as often as was asked for", async () => {
    await ask({ direction: "read", count: 2 });
    for (const channel of [3, 0]) {
      await runThree("read", channel);
      await untilState(pair, "read", channel, "halted");
    }
    await runThree("read", 2);
    await untilState(pair, "read", 2, "stopped");
  });

  it.each([
    ["unsupported-request", 0],
    ["completer-abort", 8],
    ["timeout", 16],
    ["poisoned", 24],
  ])("of a read says which completion it was: %s", async (error, shift) => {
    await pair.endpoint.bus.write(local, Buffer.alloc(192));
    await pair.host.bus.write(remote, pattern(192, 5));
    await ask({ direction: "read", error, channel: 1, count: 1 });
    await runThree("read", 1);
    await untilState(pair, "read", 1, "halted");
    expect(await pair.edma.read("errorStatusHigh", "read")).toBe(2 << shift);
    expect(await pair.edma.read("errorStatusLow", "read")).toBe(0);
    expect(await pair.endpoint.bus.read(local, 192)).toEqual(Buffer.alloc(192));
    await pair.edma.write("intClear", "read", 0x00ff_00ff);
    expect(await pair.edma.read("errorStatusHigh", "read")).toBe(0);
  });

  it("leaves a channel whose write was poisoned at work, and the host without the bytes", async () => {
    await pair.endpoint.bus.write(local, pattern(192, 5));
    await pair.host.bus.write(remote, Buffer.alloc(192));
    const before = (await pair.stats()).write[1];
    await ask({ direction: "write", error: "poisoned", channel: 1, count: 1, skip: 1 });
    await runThree("write", 1);
    await untilState(pair, "write", 1, "stopped");
    expect(await pair.edma.read("errorStatusLow", "write")).toBe(0);
    const expected = pattern(192, 5).fill(0, 64, 128);
    expect(await pair.host.bus.read(remote, 192)).toEqual(expected);
    const after = (await pair.stats()).write[1];
    expect(after?.aborts).toBe(before?.aborts);
    expect(after?.elements).toBe((before?.elements ?? 0) + 3);
  });

  it("poisons nothing where an element has no bytes", async () => {
    await ask({ direction: "write", error: "poisoned", channel: 1, count: 1 });
    await startList(pair, "write", 1, [data("write", 0, cycle), wrap]);
    await untilState(pair, "write", 1, "stopped");
    // What the host has been sent it has read by now.
    await runThree("write", 1);
    await untilState(pair, "write", 1, "stopped");
    expect(await pair.linkState()).toBe("up");
  });

  it("hits a transfer without a list, too", async () => {
    await ask({ direction: "write", channel: 0, count: 1 });
    await pair.edma.prepareSingle("write", 0, data("write", 64, localInterrupt));
    await pair.edma.ring("write", 0);
    await untilState(pair, "write", 0, "halted");
  });

  it("has to make sense", async () => {
    const planned = await pair.property("aborts");
    await expect(ask({ direction: "up", count: 1 })).rejects.toThrow(
      "direction must be write or read, not up",
    );
    await expect(ask({ direction: "write", channel: 4, count: 1 })).rejects.toThrow(
      "there is no write channel 4, of 4",
    );
    await expect(ask({ direction: "write", count: 1, often: true })).rejects.toThrow("often");
    for (const value of [
      { direction: "write", error: "timeout", count: 1 },
      { direction: "read", error: "bad", count: 1 },
    ]) {
      await expect(ask(value)).rejects.toThrow(
        `error must be unsupported-request, poisoned, or of read channels completer-abort or timeout, not ${value.error}`,
      );
    }
    expect(await pair.property("aborts")).toEqual(planned);
  });
});
