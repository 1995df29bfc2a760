// SPDX-License-Identifier: MIT
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  abortMessage,
  data,
  doneMessage,
  local,
  nowhere,
  pattern,
  quiet,
  remote,
  startDma,
  untilState,
} from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import type { LinkedPair } from "./harness/linked-pair.ts";

const { localInterrupt, remoteInterrupt } = control;

let pair: LinkedPair;
beforeAll(async () => {
  pair = await startDma();
});
afterAll(() => pair?.stop());
beforeEach(() => quiet(pair));

describe("a transfer without a list", () => {
  it.each(["write", "read"] as const)("of a %s channel is in its registers", async (direction) => {
    const bytes = pattern(5000, 8);
    const [from, to] =
      direction === "write"
        ? [pair.endpoint.bus, pair.host.bus]
        : [pair.host.bus, pair.endpoint.bus];
    const element = data(direction, bytes.length, localInterrupt);
    await from.write(element.source, bytes);
    await pair.edma.prepareSingle(direction, 2, element);
    await pair.edma.ring(direction, 2);
    await untilState(pair, direction, 2, "stopped");
    expect((await to.read(element.destination, bytes.length)).equals(bytes)).toBe(true);
    expect(await pair.edma.readChannel("transferSize", direction, 2)).toBe(0);
    await eventually(() => pair.line(direction, 2), true);
    expect(await pair.edma.read("intStatus", direction)).toBe(1 << 2);
  });

  it("interrupts nobody without LIE and RIE", async () => {
    await pair.edma.prepareSingle("write", 0, data("write", 64, 0));
    await pair.edma.ring("write", 0);
    await untilState(pair, "write", 0, "stopped");
    expect(await pair.edma.read("intStatus", "write")).toBe(0);
    expect(await pair.host.bus.readl(doneMessage)).toBe(0);
  });

  it("sends the done message with RIE", async () => {
    await pair.edma.routeInterruptMessages("read", 1, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x51,
    });
    await pair.edma.prepareSingle("read", 1, data("read", 64, remoteInterrupt));
    await pair.edma.ring("read", 1);
    await eventually(() => pair.host.bus.readl(doneMessage), 0x51);
    expect(await pair.edma.read("intStatus", "read")).toBe(0);
  });

  it("aborts with the status by LIE and the message by RIE", async () => {
    await pair.edma.routeInterruptMessages("write", 1, {
      done: doneMessage,
      abort: abortMessage,
      data: 0x52,
    });
    await pair.edma.prepareSingle("write", 1, {
      source: nowhere,
      destination: remote,
      size: 64,
      flags: localInterrupt | remoteInterrupt,
    });
    await pair.edma.ring("write", 1);
    await untilState(pair, "write", 1, "halted");
    expect(await pair.edma.read("intStatus", "write")).toBe(1 << 17);
    await eventually(() => pair.host.bus.readl(abortMessage), 0x52);
    expect(await pair.host.bus.readl(doneMessage)).toBe(0);
  });

  it("that is stopped can be started again", async () => {
    const size = 32 << 20;
    await pair.edma.prepareSingle("write", 0, {
      source: local,
      destination: remote,
      size,
      flags: 0,
    });
    await pair.edma.ring("write", 0);
    await pair.edma.stop("write", 0);
    await untilState(pair, "write", 0, "stopped");
    await pair.edma.prepareSingle("write", 0, data("write", 64, localInterrupt));
    await pair.edma.ring("write", 0);
    await eventually(() => pair.edma.read("intStatus", "write"), 1);
  });
});
