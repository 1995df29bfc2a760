// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { control, type Direction, elementSize, linkedList } from "./harness/edma.ts";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";

const list = ramBase + 0x10_0000n;
const local = ramBase + 0x20_0000n;
/** The host's RAM begins at the same number, on its own bus. */
const remote = ramBase + 0x20_0000n;

let pair: LinkedPair;
beforeAll(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.linkUp();
});
afterAll(() => pair?.stop());

function pattern(size: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 7 + seed) & 0xff));
}

async function untilStopped(direction: Direction, channel: number): Promise<void> {
  await vi.waitFor(async () => expect(await pair.edma.state(direction, channel)).toBe("stopped"), {
    timeout: 5000,
    interval: 2,
  });
}

const valid = control.cycle;
/** Back to the list's start, and the cycle state toggles: the list is a ring. */
const wrap = { next: list, flags: control.toggleCycle };

describe("linked lists", () => {
  beforeEach(async () => {
    await pair.edma.write("intClear", "write", 0x00ff_00ff);
    await pair.edma.write("intClear", "read", 0x00ff_00ff);
  });

  it("a write channel carries local memory to the host, at any alignment", async () => {
    const data = pattern(10_007, 3);
    await pair.endpoint.bus.write(local + 1n, data);
    await pair.endpoint.bus.write(
      list,
      linkedList([
        { source: local + 1n, destination: remote + 3n, size: data.length, flags: valid },
        wrap,
      ]),
    );
    await pair.edma.prepareList("write", 0, list);
    await pair.edma.ring("write", 0);
    await untilStopped("write", 0);
    expect((await pair.host.bus.read(remote + 3n, data.length)).equals(data)).toBe(true);
  });

  it("a read channel carries the host's memory to local memory", async () => {
    const data = pattern(4096, 9);
    await pair.host.bus.write(remote, data);
    await pair.endpoint.bus.write(
      list,
      linkedList([{ source: remote, destination: local, size: data.length, flags: valid }, wrap]),
    );
    await pair.edma.prepareList("read", 1, list);
    await pair.edma.ring("read", 1);
    await untilStopped("read", 1);
    expect((await pair.endpoint.bus.read(local, data.length)).equals(data)).toBe(true);
  });

  it("stops at the element whose cycle bit is not the channel's", async () => {
    await pair.host.bus.write(remote, Buffer.alloc(0x3000));
    await pair.endpoint.bus.write(local, pattern(0x3000, 1));
    const element = (at: number, flags: number) => ({
      source: local + BigInt(at),
      destination: remote + BigInt(at),
      size: 0x1000,
      flags,
    });
    await pair.endpoint.bus.write(
      list,
      linkedList([element(0, valid), element(0x1000, valid), element(0x2000, 0), wrap]),
    );
    await pair.edma.prepareList("write", 0, list);
    await pair.edma.ring("write", 0);
    await untilStopped("write", 0);
    expect(
      (await pair.host.bus.read(remote + 0x1000n, 0x1000)).equals(
        pattern(0x3000, 1).subarray(0x1000, 0x2000),
      ),
    ).toBe(true);
    expect((await pair.host.bus.read(remote + 0x2000n, 0x1000)).equals(Buffer.alloc(0x1000))).toBe(
      true,
    );
    // The list pointer stands at the element that was not taken.
    const pointer = await pair.edma.readChannel("listLow", "write", 0);
    expect(pointer).toBe(Number(list) + 2 * elementSize);
  });

  it("reuses the ring with the other cycle bit, as Linux does chunk by chunk", async () => {
    const chunk = (seed: number, cycle: number, linkCycle: number) =>
      linkedList([
        { source: local, destination: remote + BigInt(seed * 0x100), size: 0x100, flags: cycle },
        { ...wrap, flags: control.toggleCycle | linkCycle },
      ]);
    await pair.edma.prepareList("write", 2, list);
    for (let seed = 0; seed < 4; seed++) {
      const cycle = seed % 2 === 0 ? control.cycle : 0;
      await pair.endpoint.bus.write(local, pattern(0x100, seed));
      await pair.endpoint.bus.write(list, chunk(seed, cycle, cycle ? 0 : control.cycle));
      await pair.edma.ring("write", 2);
      await untilStopped("write", 2);
      const got = await pair.host.bus.read(remote + BigInt(seed * 0x100), 0x100);
      expect(got.equals(pattern(0x100, seed)), `chunk ${seed}`).toBe(true);
    }
  });

  it("counts bytes, elements and doorbells of each channel", async () => {
    const before = (await pair.stats()).write[3];
    await pair.endpoint.bus.write(
      list,
      linkedList([
        { source: local, destination: remote, size: 100, flags: valid },
        { source: local, destination: remote, size: 28, flags: valid },
        wrap,
      ]),
    );
    await pair.edma.prepareList("write", 3, list);
    await pair.edma.ring("write", 3);
    await untilStopped("write", 3);
    const after = (await pair.stats()).write[3];
    expect(after).toMatchObject({
      bytes: (before?.bytes ?? 0) + 128,
      elements: (before?.elements ?? 0) + 2,
      doorbells: (before?.doorbells ?? 0) + 1,
      aborts: before?.aborts ?? 0,
    });
  });
});
