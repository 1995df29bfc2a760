// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { data, list, local, nowhere, pattern, remote, wrap } from "./harness/dma.ts";
import { control, type Direction, elementSize, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { event, setup } from "./harness/hdma.ts";
import { HdmaPair } from "./harness/hdma-pair.ts";

const { cycle, toggleCycle } = control;
const behind = (elements: number) => list + BigInt(elements * elementSize);

/** Memory that is not there, at an address whose lower half is that of some which is. */
const above = 0x40n << 32n;

let engine: HdmaPair;
beforeAll(async () => {
  engine = await HdmaPair.start();
});
afterAll(() => engine?.stop());
beforeEach(() => engine.quiet());

/** The memory that a channel of this direction reads and the one that it writes. */
function ends(direction: Direction) {
  const { endpoint, host } = engine.pair;
  return direction === "write"
    ? { from: endpoint.bus, to: host.bus, source: local, destination: remote }
    : { from: host.bus, to: endpoint.bus, source: remote, destination: local };
}

describe("a list", () => {
  it.each(["write", "read"] as const)("of a %s channel moves its bytes", async (direction) => {
    const { from, to, source, destination } = ends(direction);
    const bytes = pattern(70_007, 3);
    await from.write(source, bytes);
    await startAndWait(direction, 1, bytes.length);
    expect((await to.read(destination, bytes.length)).equals(bytes)).toBe(true);
  });

  it("ends at the element whose bit is not the cycle state", async () => {
    await engine.startList("write", 0, [data("write", 64, cycle), data("write", 64, 0), wrap]);
    await engine.untilState("write", 0, "stopped");
    expect(await engine.hdma.position("write", 0)).toEqual({ next: behind(1), cycleState: true });
  });

  it("may begin with cycle bit 0: the cycle state says which one counts", async () => {
    await engine.pair.endpoint.bus.write(
      list,
      linkedList([data("read", 64, 0), data("read", 64, cycle)]),
    );
    await engine.hdma.prepareList("read", 2, list, false);
    await engine.hdma.ring("read", 2);
    await engine.untilState("read", 2, "stopped");
    expect(await engine.hdma.position("read", 2)).toEqual({ next: behind(1), cycleState: false });
  });

  it("goes on behind a link with TCB under the other cycle bit", async () => {
    const elsewhere = list + 0x8000n;
    await engine.pair.endpoint.bus.write(
      elsewhere,
      linkedList([data("write", 64, 0), data("write", 64, cycle)]),
    );
    const link = { next: elsewhere, flags: cycle | toggleCycle };
    await engine.startList("write", 0, [data("write", 64, cycle), link]);
    await engine.untilState("write", 0, "stopped");
    expect(await engine.hdma.position("write", 0)).toEqual({
      next: elsewhere + BigInt(elementSize),
      cycleState: false,
    });
  });

  it("is used again for the next part, which a doorbell alone starts", async () => {
    await engine.startList("write", 0, [data("write", 64, cycle), wrap]);
    await engine.untilState("write", 0, "stopped");
    expect((await engine.hdma.position("write", 0)).next).toBe(behind(1));
    // As dw_edma_core_start does: new elements with the other bit, and the link's with them.
    const link = { next: list, flags: cycle | toggleCycle };
    await engine.hdma.write("intSetup", "write", 0, setup.localStop);
    await engine.pair.endpoint.bus.write(list, linkedList([data("write", 128, 0), link]));
    await engine.hdma.ring("write", 0);
    await eventually(() => engine.hdma.read("intStatus", "write", 0), event.stop);
    expect(await engine.hdma.position("write", 0)).toEqual({ next: behind(1), cycleState: false });
    expect(await engine.hdma.read("transferSize", "write", 0)).toBe(128);
  });

  it("begins under the cycle state, whatever the bit beside it", async () => {
    await engine.pair.endpoint.bus.write(list, linkedList([data("write", 64, cycle), wrap]));
    await engine.hdma.prepareList("write", 0, list);
    await engine.hdma.write("cycle", "write", 0, 1 << 1);
    await engine.hdma.write("intSetup", "write", 0, setup.localStop);
    await engine.hdma.ring("write", 0);
    await eventually(() => engine.hdma.read("intStatus", "write", 0), event.stop);
    expect((await engine.hdma.position("write", 0)).next).toBe(behind(1));
  });

  it.each([
    ["the list's", () => engine.hdma.prepareList("write", 0, list + above), list + above],
    [
      "the next element's, behind a link",
      async () => {
        const link = { next: list + above, flags: cycle };
        await engine.pair.endpoint.bus.write(list, linkedList([data("write", 64, cycle), link]));
        await engine.hdma.prepareList("write", 0, list);
      },
      list + above,
    ],
  ] as const)("has an address of 64 bits: %s", async (_whose, prepare, next) => {
    await prepare();
    await engine.hdma.ring("write", 0);
    await engine.untilState("write", 0, "halted");
    expect((await engine.hdma.position("write", 0)).next).toBe(next);
  });

  it.each([
    ["source", "write", 0x40],
    ["destination", "read", 0x40],
  ] as const)("shows all of the %s's address", async (end, direction, high) => {
    const element = data(direction, 64, cycle);
    const moved = { ...element, [end]: element[end] + above };
    await engine.startList(direction, 0, [moved, wrap]);
    await engine.untilState(direction, 0, "halted");
    expect(await engine.hdma.read(`${end}High`, direction, 0)).toBe(high);
    expect(await engine.hdma.read(`${end}Low`, direction, 0)).toBe(Number(element[end]));
  });

  it.each([
    ["the local watermark", control.localInterrupt, 1 << 1],
    ["the remote one", control.remoteInterrupt, 1 << 0],
  ])("shows whether the element asks for %s", async (_which, flag, enabled) => {
    const element = { ...data("write", 64, cycle | flag), source: nowhere };
    await engine.startList("write", 0, [element, wrap]);
    await engine.untilState("write", 0, "halted");
    expect(await engine.hdma.read("watermarkEnable", "write", 0)).toBe(enabled);
    // The cycle state, and the bit of the element at hand.
    expect(await engine.hdma.read("cycle", "write", 0)).toBe(3);
  });

  it("shows the element at hand", async () => {
    await engine.startList("write", 0, [data("write", 96, cycle, 0x40n), wrap]);
    await engine.untilState("write", 0, "stopped");
    const part = (register: "sourceLow" | "destinationLow" | "transferSize") =>
      engine.hdma.read(register, "write", 0);
    expect(await part("sourceLow")).toBe(Number(local) + 0x40);
    expect(await part("destinationLow")).toBe(Number(remote) + 0x40);
    expect(await part("transferSize")).toBe(96);
  });
});

async function startAndWait(direction: Direction, channel: number, size: number) {
  await engine.startList(direction, channel, [data(direction, size, cycle), wrap]);
  await engine.untilState(direction, channel, "stopped");
}

describe("without a list", () => {
  it.each(["write", "read"] as const)(
    "a %s channel makes the transfer of its registers",
    async (direction) => {
      const { from, to, source, destination } = ends(direction);
      const bytes = pattern(5000, 8);
      const behind = { from: Buffer.from([0x11]), to: Buffer.from([0x22]) };
      await from.write(source, Buffer.concat([bytes, behind.from]));
      await to.write(destination + BigInt(bytes.length), behind.to);
      await engine.hdma.write("intSetup", direction, 2, setup.localStop);
      await engine.hdma.prepareSingle(direction, 2, { source, destination, size: bytes.length });
      await engine.hdma.ring(direction, 2);
      await eventually(() => engine.hdma.read("intStatus", direction, 2), event.stop);
      expect(await engine.hdma.state(direction, 2)).toBe("stopped");
      const arrived = await to.read(destination, bytes.length + 1);
      expect(arrived.equals(Buffer.concat([bytes, behind.to]))).toBe(true);
      expect(await engine.hdma.read("transferSize", direction, 2)).toBe(0);
      await eventually(() => engine.pair.line(direction, 2), true);
    },
  );

  it.each([
    ["source", "write"],
    ["destination", "read"],
  ] as const)("all of the %s's address counts", async (end, direction) => {
    const element = data(direction, 64, 0);
    await engine.hdma.prepareSingle(direction, 1, { ...element, [end]: element[end] + above });
    await engine.hdma.ring(direction, 1);
    await engine.untilState(direction, 1, "halted");
  });

  it("one bit says so, whatever is beside it", async () => {
    await engine.hdma.prepareList("write", 3, nowhere);
    await engine.hdma.prepareSingle("write", 3, data("write", 64, 0));
    await engine.hdma.write("control1", "write", 3, 0xffff_fffe);
    await engine.hdma.write("intSetup", "write", 3, setup.localStop);
    await engine.hdma.ring("write", 3);
    await eventually(() => engine.hdma.read("intStatus", "write", 3), event.stop);
  });

  it("the cycle bit stays as it is", async () => {
    await engine.hdma.prepareSingle("write", 3, data("write", 64, 0));
    await engine.hdma.write("cycle", "write", 3, 1);
    await engine.hdma.write("intSetup", "write", 3, setup.localStop);
    await engine.hdma.ring("write", 3);
    await eventually(() => engine.hdma.read("intStatus", "write", 3), event.stop);
    expect(await engine.hdma.read("cycle", "write", 3)).toBe(1);
  });

  it("the list's address does not count", async () => {
    await engine.hdma.prepareList("write", 3, nowhere);
    await engine.hdma.prepareSingle("write", 3, data("write", 64, 0));
    await engine.hdma.ring("write", 3);
    await engine.untilState("write", 3, "stopped");
  });
});
