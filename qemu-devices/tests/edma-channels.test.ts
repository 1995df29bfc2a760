// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { data, quiet, startDma, startList, untilState, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair } from "./harness/linked-pair.ts";

const { cycle, localInterrupt } = control;

describe("channel counts", () => {
  it.each([
    [1, 1],
    [3, 5],
    [8, 8],
    [2, 0],
    [0, 2],
    [0, 0],
  ])("%i write and %i read channels are told, and no others exist", async (write, read) => {
    const pair = await startDma({ "wr-channels": write, "rd-channels": read });
    try {
      await quiet(pair);
      expect(await pair.edma.channelCounts()).toEqual({ write, read });
      for (const [direction, count] of [
        ["write", write],
        ["read", read],
      ] as const) {
        if (count > 0) {
          const last = count - 1;
          const element = data(direction, 64, cycle | localInterrupt);
          await startList(pair, direction, last, [element, wrap]);
          await untilState(pair, direction, last, "stopped");
          await eventually(() => pair.line(direction, last), true);
          expect(await pair.edma.read("intStatus", direction)).toBe(1 << last);
          await pair.edma.write("intClear", direction, 1 << last);
          expect(await pair.line(direction, last)).toBe(false);
        }
        if (count < 8) {
          await pair.edma.writeChannel("listLow", direction, count, 0x1000);
          expect(await pair.edma.readChannel("listLow", direction, count)).toBe(0);
          await pair.edma.write("engineEnable", direction, 1);
          await pair.edma.ring(direction, count);
          expect(await pair.edma.state(direction, count)).toBe("reserved");
        }
      }
      const stats = await pair.stats();
      expect([stats.write.length, stats.read.length]).toEqual([write, read]);
    } finally {
      await pair.stop();
    }
  });

  it("beyond 8 are refused", async () => {
    await expect(LinkedPair.start({ "wr-channels": 9 })).rejects.toThrow(/wr-channels/);
  });
});

it("all channels of both directions run at once", async () => {
  const pair = await startDma({ "wr-channels": 8, "rd-channels": 8 });
  try {
    await quiet(pair);
    const each = [...Array(8).keys()];
    const directions = ["write", "read"] as const;
    // Write channels fill the host's upper half, read channels empty its lower half.
    for (const direction of directions) {
      for (const channel of each) {
        const index = channel + (direction === "read" ? 8 : 0);
        const at = 0x4010_0000n + BigInt(index * 0x1000);
        const element = data(direction, 1 << 20, cycle | localInterrupt, BigInt(index << 20));
        await startList(pair, direction, channel, [element, { next: at, flags: 0 }], { at });
      }
    }
    for (const direction of directions) {
      await eventually(() => pair.edma.read("intStatus", direction), 0xff);
      for (const channel of each) expect(await pair.line(direction, channel)).toBe(true);
    }
  } finally {
    await pair.stop();
  }
});
