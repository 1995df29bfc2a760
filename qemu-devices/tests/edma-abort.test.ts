// SPDX-License-Identifier: MIT
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { control, type Direction, linkedList, stopBit } from "./harness/edma.ts";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";

const list = ramBase + 0x10_0000n;
const local = ramBase + 0x20_0000n;
const remote = ramBase + 0x20_0000n;
/** No RAM and no device here, on either bus. */
const nowhere = 0x7f_0000_0000n;

let pair: LinkedPair;
beforeAll(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.linkUp();
});
afterAll(() => pair?.stop());

beforeEach(async () => {
  for (const direction of ["write", "read"] as const) {
    await pair.edma.write("intMask", direction, 0);
    await pair.edma.write("intClear", direction, 0x00ff_00ff);
  }
});

async function runOne(
  direction: Direction,
  channel: number,
  source: bigint,
  destination: bigint,
  size = 64,
) {
  await pair.endpoint.bus.write(
    list,
    linkedList([
      { source, destination, size, flags: control.cycle | control.localInterrupt },
      { next: list, flags: control.toggleCycle },
    ]),
  );
  await pair.edma.prepareList(direction, channel, list);
  await pair.edma.ring(direction, channel);
}

async function untilState(direction: Direction, channel: number, wanted: string): Promise<void> {
  await vi.waitFor(async () => expect(await pair.edma.state(direction, channel)).toBe(wanted), {
    timeout: 5000,
    interval: 2,
  });
}

describe("aborts", () => {
  afterEach(async () => {
    // After an abort the channel works again as soon as it is given a good list.
    await pair.edma.write("intClear", "write", 0x00ff_00ff);
    await pair.endpoint.bus.writel(local, 0x600d_600d);
    await runOne("write", 1, local, remote);
    await untilState("write", 1, "stopped");
    expect(await pair.host.bus.readl(remote)).toBe(0x600d_600d);
  });

  it.each([
    ["write", "a source without memory", nowhere, remote],
    ["read", "a destination without memory", remote, nowhere],
    ["read", "a source on the PCIe side that nobody answers for", nowhere, local],
  ] as const)(
    "the %s channel: %s halts it and sets its abort status",
    async (direction, _what, source, destination) => {
      const before = await pair.stats();
      await runOne(direction, 1, source, destination);
      await untilState(direction, 1, "halted");
      expect(await pair.edma.read("intStatus", direction)).toBe(1 << 17);
      expect(await pair.line(direction, 1)).toBe(true);
      expect((await pair.stats())[direction][1]?.aborts).toBe(
        (before[direction][1]?.aborts ?? 0) + 1,
      );
    },
  );

  it("a write that nobody answers for is posted, so it does not abort", async () => {
    await runOne("write", 1, local, nowhere);
    await untilState("write", 1, "stopped");
  });

  it("a list address without memory halts the channel", async () => {
    await pair.edma.prepareList("write", 1, nowhere);
    await pair.edma.ring("write", 1);
    await untilState("write", 1, "halted");
    expect(await pair.edma.read("intStatus", "write")).toBe(1 << 17);
  });

  it("the error status names the channel", async () => {
    await runOne("write", 1, nowhere, remote);
    await untilState("write", 1, "halted");
    expect((await pair.edma.read("errorStatusLow", "write")) & 0xff).toBe(1 << 1);
  });
});

describe("stopping", () => {
  /** The list's one link leads back to its own start without toggling: it never ends by itself. */
  async function runEndlessly(): Promise<void> {
    await pair.endpoint.bus.write(
      list,
      linkedList([
        { source: local, destination: remote, size: 4096, flags: control.cycle },
        { next: list, flags: control.cycle },
      ]),
    );
    await pair.edma.prepareList("write", 0, list);
    await pair.edma.ring("write", 0);
    expect(await pair.edma.state("write", 0)).toBe("running");
  }

  it("the doorbell's stop bit ends a running channel", async () => {
    await runEndlessly();
    await pair.edma.write("doorbell", "write", stopBit | 0);
    await untilState("write", 0, "stopped");
  });

  it("disabling the engine brings its channels to rest before it reads as off", async () => {
    await runEndlessly();
    await pair.edma.write("engineEnable", "write", 0);
    await vi.waitFor(async () => expect(await pair.edma.read("engineEnable", "write")).toBe(0), {
      timeout: 5000,
      interval: 2,
    });
    expect(await pair.edma.state("write", 0)).not.toBe("running");
  });
});
