// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { data, list, local, nowhere, remote, wrap } from "./harness/dma.ts";
import { control, elementSize, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { setup } from "./harness/hdma.ts";
import { HdmaPair } from "./harness/hdma-pair.ts";

const { cycle } = control;
const directions = ["write", "read"] as const;

let engine: HdmaPair;
beforeAll(async () => {
  engine = await HdmaPair.start();
});
afterAll(() => engine?.stop());
beforeEach(() => engine.quiet());

/**
 * Of what `ring` does and a doorbell behind it that one alone starts channel 2, which lies ready: had it been started by
 * `ring`, the doorbell would have been taken as well, or been lost. `ring` says how many are lost as it is.
 */
async function startsOnce(ring: () => Promise<number>): Promise<void> {
  const counted = async () => {
    const stats = await engine.pair.stats();
    return { taken: stats.write[2]?.doorbells ?? 0, lost: stats.doorbells_lost };
  };
  const { bus } = engine.pair.endpoint;
  await bus.write(list, linkedList([data("write", 64, cycle), wrap]));
  await engine.hdma.prepareList("write", 2, list);
  const before = await counted();
  const lost = await ring();
  expect((await counted()).lost).toBe(before.lost + lost);
  await engine.hdma.ring("write", 2);
  await engine.untilState("write", 2, "stopped");
  expect(await counted()).toEqual({ taken: before.taken + 1, lost: before.lost + lost });
}

describe("a channel's status", () => {
  it("is neither running nor stopped before the first doorbell", async () => {
    expect(await engine.hdma.state("write", 3)).toBe("reserved");
    expect(await engine.hdma.state("read", 3)).toBe("reserved");
  });

  it.each(directions)("of a %s channel goes from running to stopped", async (direction) => {
    await engine.runEndlessly(direction, 0);
    expect(await engine.hdma.state(direction, 0)).toBe("running");
    await engine.hdma.stop(direction, 0);
    await engine.untilState(direction, 0, "stopped");
  });

  it.each(directions)("of a %s channel is aborted after an error", async (direction) => {
    await engine.hdma.prepareList(direction, 0, nowhere);
    await engine.hdma.ring(direction, 0);
    await engine.untilState(direction, 0, "halted");
  });

  it("of one channel is not another's", async () => {
    await engine.runEndlessly("write", 0);
    await engine.startList("write", 1, [data("write", 64, cycle), wrap], { at: list + 0x1000n });
    await engine.untilState("write", 1, "stopped");
    expect(await engine.hdma.state("write", 0)).toBe("running");
    await engine.hdma.stop("write", 0);
    await engine.untilState("write", 0, "stopped");
  });
});

it("an enable that is written again leaves a channel running", async () => {
  await engine.runEndlessly("write", 0);
  await engine.hdma.write("enable", "write", 0, 1);
  const moved = async () => (await engine.pair.stats()).write[0]?.elements ?? 0;
  const before = await moved();
  await eventually(async () => (await moved()) > before, true);
  await engine.hdma.stop("write", 0);
  await engine.untilState("write", 0, "stopped");
});

describe("the doorbell", () => {
  it("reads as zero", async () => {
    expect(await engine.hdma.read("doorbell", "write", 0)).toBe(0);
  });

  it("is ignored while the channel is disabled", async () => {
    await startsOnce(async () => {
      await engine.hdma.write("enable", "write", 2, 0);
      await engine.hdma.ring("write", 2);
      await engine.hdma.write("enable", "write", 2, 1);
      return 1;
    });
  });

  it("counts as lost where the channel is disabled, or is not there", async () => {
    const lost = async () => (await engine.pair.stats()).doorbells_lost;
    const before = await lost();
    await engine.hdma.write("enable", "write", 2, 0);
    await engine.hdma.ring("write", 2);
    expect(await lost()).toBe(before + 1);
    await engine.hdma.ring("write", 7);
    expect(await lost()).toBe(before + 2);
    // These are no doorbells.
    await engine.hdma.write("doorbell", "write", 7, 4);
    await engine.hdma.write("enable", "write", 7, 1);
    expect(await lost()).toBe(before + 2);
  });

  it.each([
    ["with its stop bit starts nothing", 3],
    ["without its start bit does nothing", 4],
  ])("%s", async (_, value) => {
    await startsOnce(async () => {
      await engine.hdma.write("doorbell", "write", 2, value);
      return 0;
    });
  });

  it.each([
    ["is lost", {}, 0],
    ["is taken at rest where that is forgiven", { "forgive-late-doorbell": "on" }, 1],
  ])("of a channel that runs %s", async (_, forgiven, taken) => {
    const other = await HdmaPair.start(forgiven);
    try {
      const rung = async () => (await other.pair.stats()).write[0]?.doorbells;
      await other.runEndlessly("write", 0);
      await eventually(rung, 1);
      await other.hdma.ring("write", 0);
      // The list's own end, where the endless link was.
      await other.pair.endpoint.bus.write(
        list + BigInt(elementSize),
        linkedList([{ next: list, flags: 0 }]),
      );
      await eventually(rung, 1 + taken);
      await other.untilState("write", 0, "stopped");
      expect(await rung()).toBe(1 + taken);
    } finally {
      await other.stop();
    }
  });

  it.each([
    ["its stop bit", () => engine.hdma.stop("write", 0)],
    ["a cleared enable", () => engine.hdma.write("enable", "write", 0, 0)],
  ])("is ended by %s without an interrupt", async (_, end) => {
    await engine.hdma.write("intSetup", "write", 0, setup.localStop | setup.remoteStop);
    await engine.runEndlessly("write", 0);
    await end();
    await engine.untilState("write", 0, "stopped");
    expect(await engine.hdma.read("intStatus", "write", 0)).toBe(0);
    expect((await engine.messages()).stop).toBe(0);
  });

  it("takes a transfer without a list again that was stopped in its middle", async () => {
    await engine.hdma.write("intSetup", "write", 0, setup.localStop);
    const long = { source: local, destination: remote, size: 32 << 20 };
    await engine.hdma.prepareSingle("write", 0, long);
    await engine.hdma.ring("write", 0);
    await engine.hdma.stop("write", 0);
    await engine.untilState("write", 0, "stopped");
    await engine.hdma.prepareSingle("write", 0, data("write", 64, 0));
    await engine.hdma.ring("write", 0);
    await eventually(() => engine.hdma.read("intStatus", "write", 0), 1);
  });
});

describe("a reset of the machine", () => {
  it("ends what runs and leaves reset values", async () => {
    await engine.hdma.write("intSetup", "read", 1, 0x7f);
    await engine.runEndlessly("write", 0);
    await engine.pair.endpoint.qmp.execute("system_reset");
    await eventually(() => engine.hdma.read("enable", "write", 0), 0);
    expect(await engine.hdma.read("intSetup", "read", 1)).toBe(0);
    expect(await engine.hdma.read("stopMessageLow", "write", 0)).toBe(0);
    const settled = (await engine.pair.stats()).write[0];
    expect(await engine.hdma.state("write", 0)).toBe("reserved");
    expect((await engine.hdma.position("write", 0)).next).toBe(0n);
    // What ran before has ended when the channel comes to rest again, which without a link is by an abort.
    await engine.startList("write", 0, [data("write", 64, cycle), wrap]);
    await engine.untilState("write", 0, "halted");
    const { elements, bytes, transfers } = settled ?? {};
    expect((await engine.pair.stats()).write[0]).toMatchObject({ elements, bytes, transfers });
  });
});
