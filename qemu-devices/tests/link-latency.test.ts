// SPDX-License-Identifier: MIT
/** Everything that travels takes its time, side by side, and nothing passes anything. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { data, list, local, quiet, startDma, startList, untilState, wrap } from "./harness/dma.ts";
import { control, EdmaRegisters } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, type LinkedPair } from "./harness/linked-pair.ts";
import { suspend } from "./harness/suspend.ts";

/** In the host's GIC: a byte for each interrupt, which keeps the five upper bits. Not RAM, so writes there travel. */
const priorities = 0x0800_0420n;
const hostMs = 40;
const endpointMs = 70;
/** What a timer may come early by. */
const clockMs = 2;

let pair: LinkedPair;
/** The eDMA's registers, through a BAR. */
let far: EdmaRegisters;
let farBase: bigint;

beforeAll(async () => {
  pair = await startDma();
  await pair.iatu.mapBar(0, 0, endpointMap.dma);
  farBase = BigInt((await pair.rootComplex.readConfig(0x10)) & ~0xf);
  far = new EdmaRegisters(pair.host.bus, farBase);
  await eventually(async () => (await far.channelCounts()).write, 4);
});
afterAll(() => pair?.stop());
beforeEach(async () => {
  await setLatency(0, 0);
  await quiet(pair);
  await pair.host.bus.writel(priorities, 0);
});

async function setLatency(hostMs: number, endpointMs: number): Promise<void> {
  const property = "latency-us";
  await pair.host.qmp.execute("qom-set", {
    path: "/machine/peripheral/fn0",
    ...{ property, value: hostMs * 1000 },
  });
  await pair.endpoint.qmp.execute("qom-set", {
    path: "/machine/peripheral/ep",
    ...{ property, value: endpointMs * 1000 },
  });
}

async function timed<Value>(work: () => Promise<Value>): Promise<{ ms: number; value: Value }> {
  const began = performance.now();
  const value = await work();
  return { ms: performance.now() - began, value };
}

describe("a latency", () => {
  it.each([
    [hostMs, 0],
    [0, endpointMs],
    [hostMs, endpointMs],
  ])(
    "of %d ms at the host and %d ms at the endpoint is what a register read takes",
    async (h, e) => {
      await setLatency(h, e);
      const { ms, value } = await timed(() => far.channelCounts());
      expect(value).toEqual({ write: 4, read: 4 });
      expect(ms).toBeGreaterThanOrEqual(h + e - clockMs);
    },
  );

  it("is not awaited by writes, which are under way side by side and arrive in order", async () => {
    await setLatency(1000, 0);
    await suspend(pair.endpoint.process.pid);
    try {
      // Nobody is there that could say that they have arrived.
      for (let n = 1; n <= 50; n++) await far.writeChannel("sourceLow", "write", 3, n);
    } finally {
      process.kill(pair.endpoint.process.pid, "SIGCONT");
    }
    // A read pushes them before it, which would take 50 s longer if each waited for the one before.
    expect(await far.readChannel("sourceLow", "write", 3)).toBe(50);
  });

  it("comes and goes without a write that passes another one", async () => {
    for (let n = 1; n <= 20; n++) {
      await setLatency(n % 2 === 0 ? 0 : 20, 0);
      await far.writeChannel("sourceLow", "write", 3, 2 * n);
      await far.writeChannel("sourceLow", "write", 3, 2 * n + 1);
      if (n % 2 === 0) {
        expect(await far.readChannel("sourceLow", "write", 3)).toBe(2 * n + 1);
      }
    }
    // What was passed would have arrived now, for a message is behind all others.
    await setLatency(1, 0);
    expect(await far.readChannel("sourceLow", "write", 3)).toBe(41);
    expect(await pair.edma.readChannel("sourceLow", "write", 3)).toBe(41);
  });

  it("at the endpoint delays interrupt messages, and what comes after does not pass them", async () => {
    const { cycle, remoteInterrupt } = control;
    const route = { done: priorities, abort: priorities, data: 0x10 };
    await pair.edma.routeInterruptMessages("write", 1, route);
    await pair.edma.routeInterruptMessages("write", 2, { ...route, data: 0x20 });
    await setLatency(0, 1000);
    const element = data("write", 64, cycle | remoteInterrupt);
    const began = performance.now();
    await startList(pair, "write", 1, [element, wrap]);
    await untilState(pair, "write", 1, "stopped");
    await eventually(() => pair.host.bus.readl(priorities), 0x10);
    expect(performance.now() - began).toBeGreaterThanOrEqual(1000 - clockMs);

    // The first of these two is under way when the latency ends.
    await startList(pair, "write", 1, [element, wrap]);
    await untilState(pair, "write", 1, "stopped");
    await setLatency(0, 0);
    const at = list + 0x1000n;
    await startList(pair, "write", 2, [element, { ...wrap, next: at }], { at });
    await eventually(() => pair.host.bus.readl(priorities), 0x20);
    // The question is behind the first one, wherever that is.
    await pair.iatu.mapOutbound(0, endpointMap.outbound, 0x1000n, priorities & ~0xfffn);
    expect(await pair.endpoint.bus.readl(endpointMap.outbound + (priorities & 0xfffn))).toBe(0x20);
    expect(await pair.host.bus.readl(priorities)).toBe(0x20);
  });

  it("does not keep a doorbell from starting what it starts", async () => {
    await setLatency(hostMs, endpointMs);
    await pair.endpoint.bus.write(local, Buffer.alloc(64, 7));
    await startList(pair, "write", 0, [data("write", 64, control.cycle), wrap], {
      registers: far,
    });
    expect(await pair.edma.state("write", 0)).not.toBe("running");
    await untilState(pair, "write", 0, "stopped");
    expect((await pair.host.bus.read(local, 64)).equals(Buffer.alloc(64, 7))).toBe(true);
  });

  it("is at most a second", async () => {
    await expect(setLatency(0, 1001)).rejects.toThrow("latency-us must be 0 to 1000000");
  });

  it("is there from the start when the function is plugged with it, and turns nobody away unheard", async () => {
    await setLatency(0, endpointMs);
    await expect(
      pair.host.qmp.execute("device_add", {
        driver: "dwc-pcie-function",
        id: "fn1",
        ...{ bus: "rp0", addr: "1", link: pair.linkPath, "latency-us": 1000 },
      }),
    ).rejects.toThrow(/another function is connected|slot/i);
  });
});
