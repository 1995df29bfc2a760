// SPDX-License-Identifier: MIT
/**
 * One host after the other at the same link: nothing that was meant for one, or came from one, gets to the next.
 *
 * Whoever is to be the next connects while the endpoint's QEMU is stopped, so that both, the end of one connection and
 * the begin of the other, are there when it goes on.
 */
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { data, local, nowhere, startList } from "./harness/dma.ts";
import { control, EdmaRegisters } from "./harness/edma.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";
import { messageType, RawPeer } from "./harness/raw-peer.ts";
import { suspend } from "./harness/suspend.ts";

const gicDistributor = 0x0800_0000n;
const gicTyper = 4;

let pair: LinkedPair;
afterEach(() => pair?.stop());

async function untilLink(state: string): Promise<void> {
  await vi.waitFor(async () => expect(await pair.linkState()).toBe(state), {
    timeout: 5000,
    interval: 5,
  });
}

describe("a peer that connects when another hangs up", () => {
  beforeEach(async () => {
    pair = await LinkedPair.start();
    await pair.implementBar(0, 0x10000);
    await pair.iatu.mapBar(0, 0, gicDistributor);
    await pair.iatu.mapOutbound(0, endpointMap.outbound, 0x1000n, nowhere);
    await pair.setLink(true);
  });

  async function connectFirst(): Promise<RawPeer> {
    const peer = await RawPeer.connect(pair.linkPath);
    peer.greet({ master: true });
    await untilLink("up");
    return peer;
  }

  /** What the next peer gets to hear until the endpoint is ready for it. */
  async function exchange(first: RawPeer): Promise<RawPeer> {
    await suspend(pair.endpoint.process.pid);
    first.hangUp();
    const next = (await RawPeer.connect(pair.linkPath)).listen();
    process.kill(pair.endpoint.process.pid, "SIGCONT");
    next.greet({ master: false });
    await next.until(messageType.ready);
    await untilLink("up");
    next.hangUp();
    return next;
  }

  it("gets no answer to what the other asked", async () => {
    const first = (await connectFirst()).listen();
    // The endpoint's main loop waits for an answer, and so does not answer itself.
    const reading = pair.endpoint.bus.readl(endpointMap.outbound);
    await first.until(messageType.memRead);
    first.readBar(0, gicTyper, 77);
    const next = await exchange(first);
    expect(await reading).toBe(0xffff_ffff);
    expect(next.received[0]).toBe(messageType.hello);
    expect(next.received).not.toContain(messageType.reply);
  });

  it("gets no write that waited for room in the other's socket", async () => {
    const first = await connectFirst();
    const again = { next: local, flags: control.cycle };
    for (const channel of [0, 1, 2, 3]) {
      const at = local + BigInt(channel) * 0x1000n;
      // Bytes are counted with the element that they are of.
      const element = { ...data("write", 1 << 12, control.cycle), destination: nowhere };
      await startList(pair, "write", channel, [element, { ...again, next: at }], { at });
    }
    // Nobody takes anything from the socket.
    let before = -1;
    await vi.waitFor(async () => {
      const { write } = await pair.stats();
      const bytes = write.reduce((sum, channel) => sum + channel.bytes, 0);
      const waits = bytes > 0 && bytes === before;
      before = bytes;
      expect(waits).toBe(true);
    }, 20_000);
    const { received } = await exchange(first);
    expect(received[0]).toBe(messageType.hello);
    expect(received).not.toContain(messageType.memWrite);
  });
});

describe("a host that has hung up", () => {
  /** Write channels' address of done messages, low half. */
  const doneImwrLow = 0x60;
  let hoarder: ReturnType<typeof startHoarder> | undefined;
  beforeEach(async () => {
    pair = await LinkedPair.start();
    await pair.implementBar(0, 0x10000);
    await pair.iatu.mapBar(0, 0, endpointMap.dma);
  });
  afterEach(() => hoarder?.kill());

  function startHoarder(value: number) {
    const script = fileURLToPath(new URL("harness/hoarder.py", import.meta.url));
    const child = execa("python3", [script, pair.linkPath, `${doneImwrLow}`, `${value}`]);
    const lines = child.iterable();
    const says = async (line: string) =>
      expect(await lines.next()).toEqual({ done: false, value: line });
    return {
      says,
      goOn: () => child.stdin?.write("\n"),
      kill: () => child.kill("SIGKILL") && child.catch(() => {}),
    };
  }

  it("has no way to the engine's registers, whatever it kept", async () => {
    await pair.setLink(true);
    hoarder = startHoarder(0xbad0);
    await hoarder.says("up");
    hoarder.goOn();
    await hoarder.says("gone");
    await untilLink("waiting");
    await pair.plugFunction();
    await pair.rootComplex.openRootPort();
    const bars = await pair.rootComplex.assignBars();
    const registers = new EdmaRegisters(pair.host.bus, bars.get(0)?.address ?? 0n);
    await registers.write("doneImwrLow", "write", 0x1000);
    expect(await pair.edma.read("doneImwrLow", "write")).toBe(0x1000);
    hoarder.goOn();
    await hoarder.says("posted");
    expect(await pair.edma.read("doneImwrLow", "write")).toBe(0x1000);
    await registers.write("doneImwrLow", "write", 0x2000);
    expect(await pair.edma.read("doneImwrLow", "write")).toBe(0x2000);
    expect(await registers.read("doneImwrLow", "write")).toBe(0x2000);
  });
});
