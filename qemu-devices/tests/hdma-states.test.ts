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

const doorbells = async (channel: number) =>
  (await engine.pair.stats()).write[channel]?.doorbells ?? -1;

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
    await engine.hdma.prepareList("write", 2, list);
    await engine.hdma.write("enable", "write", 2, 0);
    const before = await doorbells(2);
    await engine.hdma.ring("write", 2);
    expect(await engine.hdma.state("write", 2)).toBe("reserved");
    expect(await doorbells(2)).toBe(before);
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

  it("with its stop bit starts nothing", async () => {
    await engine.hdma.prepareList("write", 2, list);
    const before = await doorbells(2);
    await engine.hdma.write("doorbell", "write", 2, 3);
    expect(await engine.hdma.state("write", 2)).toBe("reserved");
    expect(await doorbells(2)).toBe(before);
  });

  it("without its start bit does nothing", async () => {
    await engine.hdma.prepareList("write", 2, list);
    const before = await doorbells(2);
    await engine.hdma.write("doorbell", "write", 2, 4);
    expect(await engine.hdma.state("write", 2)).toBe("reserved");
    expect(await doorbells(2)).toBe(before);
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
    const settled = (await engine.pair.stats()).write[0]?.elements;
    expect(await engine.hdma.state("write", 0)).toBe("reserved");
    expect((await engine.hdma.position("write", 0)).next).toBe(0n);
    expect((await engine.pair.stats()).write[0]?.elements).toBe(settled);
  });
});
