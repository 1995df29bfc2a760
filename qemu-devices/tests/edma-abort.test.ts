// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  abortMessage,
  data,
  doneMessage,
  everyInterrupt,
  list,
  local,
  nowhere,
  pattern,
  quiet,
  remote,
  runEndlessly,
  startDma,
  startList,
  untilState,
  wrap,
} from "./harness/dma.ts";
import { control, type DataElement, type Direction, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import type { LinkedPair } from "./harness/linked-pair.ts";

const { cycle, localInterrupt, remoteInterrupt } = control;
const channel = 1;
const abortStatus = 1 << (16 + channel);

let pair: LinkedPair;
beforeAll(async () => {
  pair = await startDma();
});
afterAll(() => pair?.stop());
beforeEach(() => quiet(pair));

async function runToAbort(direction: Direction, element: DataElement): Promise<void> {
  await startList(pair, direction, channel, [element, wrap]);
  await untilState(pair, direction, channel, "halted");
}

const from = (source: bigint, destination: bigint): DataElement => ({
  source,
  destination,
  size: 64,
  flags: cycle | localInterrupt,
});

/** The error registers: the write channels have one, the read channels two. */
async function errors(direction: Direction) {
  const low = await pair.edma.read("errorStatusLow", direction);
  return direction === "write"
    ? { low }
    : { low, high: await pair.edma.read("errorStatusHigh", "read") };
}

const cases: ReadonlyArray<[Direction, string, DataElement, { low: number; high?: number }]> = [
  ["write", "a source without memory", from(nowhere, remote), { low: 1 << channel }],
  ["read", "a destination without memory", from(remote, nowhere), { low: 1 << channel, high: 0 }],
  [
    "read",
    "a source that nobody answers for",
    from(nowhere, local),
    { low: 0, high: 1 << channel },
  ],
];

describe("an abort", () => {
  it.each(cases)(
    "of a %s channel by %s halts it, and the error registers say which and why",
    async (direction, _what, element, wanted) => {
      const before = await pair.stats();
      await runToAbort(direction, element);
      expect(await errors(direction)).toEqual(wanted);
      expect(await pair.edma.read("intStatus", direction)).toBe(abortStatus);
      await eventually(() => pair.line(direction, channel), true);
      expect((await pair.stats())[direction][channel]?.aborts).toBe(
        (before[direction][channel]?.aborts ?? 0) + 1,
      );
      expect((await pair.edma.position(direction, channel)).next).toBe(list);
    },
  );

  it.each(["write", "read"] as const)(
    "of a %s channel by a list without memory is told apart from one by data",
    async (direction) => {
      await pair.edma.prepareList(direction, channel, nowhere);
      await pair.edma.ring(direction, channel);
      await untilState(pair, direction, channel, "halted");
      const low = 1 << (16 + channel);
      expect(await errors(direction)).toEqual(direction === "write" ? { low } : { low, high: 0 });
      expect(await pair.edma.read("intStatus", direction)).toBe(abortStatus);
    },
  );

  it.each(["write", "read"] as const)(
    "of a %s channel by a link that leads nowhere comes after the elements before it",
    async (direction) => {
      const before = (await pair.stats())[direction][channel]?.elements ?? 0;
      await startList(pair, direction, channel, [
        data(direction, 64, cycle | localInterrupt),
        { next: nowhere, flags: cycle },
      ]);
      await untilState(pair, direction, channel, "halted");
      expect((await errors(direction)).low).toBe(1 << (16 + channel));
      // The element before was done, and said so.
      expect(await pair.edma.read("intStatus", direction)).toBe(abortStatus | (1 << channel));
      expect((await pair.stats())[direction][channel]?.elements).toBe(before + 1);
    },
  );

  it("by a list address that is not aligned counts as one of the list", async () => {
    await pair.edma.prepareList("write", channel, list + 2n);
    await pair.edma.ring("write", channel);
    await untilState(pair, "write", channel, "halted");
    expect((await errors("write")).low).toBe(1 << (16 + channel));
  });

  it("in the middle of an element has carried what lay before the hole", async () => {
    const size = 64;
    const end = 0x4400_0000n;
    await pair.endpoint.bus.write(end - BigInt(size), pattern(size, 2));
    await pair.host.bus.write(remote, Buffer.alloc(2 * size));
    await runToAbort("write", { ...from(end - BigInt(size), remote), size: 2 * size });
    expect(await pair.host.bus.read(remote, 2 * size)).toEqual(
      Buffer.concat([pattern(size, 2), Buffer.alloc(size)]),
    );
  });

  it("does not happen to a write that nobody answers for: it is posted", async () => {
    await startList(pair, "write", channel, [from(local, nowhere), wrap]);
    await untilState(pair, "write", channel, "stopped");
    expect(await errors("write")).toEqual({ low: 0 });
  });

  it("does not stop other channels", async () => {
    await runEndlessly(pair, "write", 0);
    await startList(pair, "write", channel, [from(nowhere, remote), wrap], {
      at: list + 0x1000n,
    });
    await untilState(pair, "write", channel, "halted");
    expect(await pair.edma.state("write", 0)).toBe("running");
    await pair.edma.stop("write", 0);
    await untilState(pair, "write", 0, "stopped");
  });
});

describe("linked_list_err_en", () => {
  it("off: the channel halts, the error is recorded, nobody is interrupted", async () => {
    await pair.endpoint.bus.write(list, linkedList([from(nowhere, remote), wrap]));
    await pair.edma.prepareList("write", channel, list);
    await pair.edma.write("linkedListErrorEnable", "write", everyInterrupt & ~(0x10001 << channel));
    await pair.edma.ring("write", channel);
    await untilState(pair, "write", channel, "halted");
    expect(await errors("write")).toEqual({ low: 1 << channel });
    expect(await pair.edma.read("intStatus", "write")).toBe(0);
    expect(await pair.line("write", channel)).toBe(false);
  });

  /** A read channel aborts with these enables: its status, and what its message has brought. */
  async function abortWith(on: LinkedPair, enabled: number) {
    await on.edma.routeInterruptMessages("read", channel, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x44,
    });
    await on.endpoint.bus.write(list, linkedList([from(nowhere, local), wrap]));
    await on.edma.prepareList("read", channel, list);
    await on.edma.write("linkedListErrorEnable", "read", enabled);
    const { imwr } = await on.stats();
    await on.edma.ring("read", channel);
    await untilState(on, "read", channel, "halted");
    const status = await on.edma.read("intStatus", "read");
    await eventually(async () => (await on.stats()).imwr - imwr, enabled & 0xff ? 1 : 0);
    return { status, message: await on.host.bus.readl(abortMessage) };
  }

  it("in the low half sends the message, and tells nobody here", async () => {
    expect(await abortWith(pair, 1 << channel)).toEqual({ status: 0, message: 0x44 });
    expect(await pair.line("read", channel)).toBe(false);
  });

  it("in the high half sets the status, and sends nothing", async () => {
    expect(await abortWith(pair, 1 << (16 + channel))).toEqual({ status: abortStatus, message: 0 });
    await eventually(() => pair.line("read", channel), true);
  });

  it("in the low half sets the status, too, where that is forgiven", async () => {
    const forgiving = await startDma({ "forgive-abort-enable": "on" });
    try {
      expect(await abortWith(forgiving, 1 << channel)).toEqual({
        status: abortStatus,
        message: 0x44,
      });
    } finally {
      await forgiving.stop();
    }
  });

  it("the flags of the element have no say", async () => {
    await pair.endpoint.bus.write(
      list,
      linkedList([
        { ...from(nowhere, remote), flags: cycle | localInterrupt | remoteInterrupt },
        wrap,
      ]),
    );
    await pair.edma.prepareList("write", channel, list);
    await pair.edma.write("linkedListErrorEnable", "write", 0);
    await pair.edma.ring("write", channel);
    await untilState(pair, "write", channel, "halted");
    expect(await pair.edma.read("intStatus", "write")).toBe(0);
  });
});

describe("recovery", () => {
  it.each(cases)(
    "of a %s channel after %s: clear the abort, give it a good list",
    async (direction, _what, element) => {
      await runToAbort(direction, element);
      await pair.edma.write("intClear", direction, abortStatus);
      expect(await errors(direction)).toEqual(
        direction === "write" ? { low: 0 } : { low: 0, high: 0 },
      );
      await eventually(() => pair.line(direction, channel), false);

      const good = data(direction, 64, cycle | localInterrupt);
      const [source, destination] =
        direction === "write"
          ? [pair.endpoint.bus, pair.host.bus]
          : [pair.host.bus, pair.endpoint.bus];
      await source.write(good.source, pattern(64, 77));
      await startList(pair, direction, channel, [good, wrap]);
      await untilState(pair, direction, channel, "stopped");
      expect(await destination.read(good.destination, 64)).toEqual(pattern(64, 77));
      await eventually(() => pair.edma.read("intStatus", direction), 1 << channel);
    },
  );

  it("clearing one channel's abort leaves what is known of another's", async () => {
    await runToAbort("read", from(nowhere, local));
    await startList(pair, "read", 3, [from(remote, nowhere), wrap]);
    await untilState(pair, "read", 3, "halted");
    await pair.edma.write("intClear", "read", abortStatus);
    expect(await errors("read")).toEqual({ low: 1 << 3, high: 0 });
    expect(await pair.edma.read("intStatus", "read")).toBe(1 << 19);
  });

  it("clearing the done interrupt does not clear the error", async () => {
    await runToAbort("write", from(nowhere, remote));
    await pair.edma.write("intClear", "write", 0xff);
    expect(await errors("write")).toEqual({ low: 1 << channel });
  });

  it("a doorbell alone goes on at the element that failed", async () => {
    await runToAbort("write", from(nowhere, remote));
    await pair.endpoint.bus.write(list, linkedList([from(local, remote), wrap]));
    await pair.edma.ring("write", channel);
    await untilState(pair, "write", channel, "stopped");
    expect((await pair.edma.position("write", channel)).next).toBe(list + 24n);
  });
});
