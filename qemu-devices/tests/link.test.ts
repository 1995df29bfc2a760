// SPDX-License-Identifier: MIT
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";

let pair: LinkedPair;
beforeEach(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapBar(0, 0, ramBase + 0x10_0000n);
});
afterEach(() => pair?.stop());

async function untilLink(state: string): Promise<void> {
  await vi.waitFor(async () => expect(await pair.linkState()).toBe(state), {
    timeout: 5000,
    interval: 5,
  });
}

describe("the link", () => {
  it("does not let the function in before it has trained", async () => {
    expect(await pair.linkState()).toBe("down");
    await expect(pair.plugFunction()).rejects.toThrow(/not trained/);
  });

  it("is up once the function has connected", async () => {
    await pair.setLink(true);
    expect(await pair.linkState()).toBe("waiting");
    await pair.plugFunction();
    await untilLink("up");
  });

  it("goes down: the host reads all ones and nobody hangs", async () => {
    const bars = await pair.linkUp();
    const address = bars.get(0)?.address ?? 0n;
    await pair.endpoint.bus.writel(ramBase + 0x10_0000n, 0x1234_5678);
    expect(await pair.host.bus.readl(address)).toBe(0x1234_5678);
    await pair.setLink(false);
    await untilLink("down");
    await vi.waitFor(async () => expect(await pair.host.bus.readl(address)).toBe(0xffff_ffff), {
      timeout: 5000,
      interval: 5,
    });
    await pair.host.bus.writel(address, 1);
  });

  it("the endpoint outlives a host that is killed, and says so", async () => {
    await pair.linkUp();
    await pair.host.process.kill();
    await untilLink("waiting");
    await pair.endpoint.bus.writel(ramBase + 0x10_0000n, 0x0bad_cafe);
    expect(await pair.endpoint.bus.readl(ramBase + 0x10_0000n)).toBe(0x0bad_cafe);
  });

  it("the host outlives an endpoint that is killed, and reads all ones", async () => {
    const bars = await pair.linkUp();
    const address = bars.get(0)?.address ?? 0n;
    await pair.endpoint.process.kill();
    await vi.waitFor(async () => expect(await pair.host.bus.readl(address)).toBe(0xffff_ffff), {
      timeout: 5000,
      interval: 5,
    });
  });

  it.each([
    ["nothing that is a message", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["a header with a length beyond all bounds", Buffer.from("0100000ffffffff000000000", "hex")],
    ["zeros", Buffer.alloc(4096)],
  ])("ends the connection of a peer that sends %s", async (_what, bytes) => {
    await pair.setLink(true);
    await new Promise<void>((resolve, reject) => {
      const peer = connect(pair.linkPath);
      peer.on("error", () => {});
      peer.on("close", () => resolve());
      peer.setTimeout(5000, () => reject(new Error("the endpoint kept the connection")));
      peer.resume();
      peer.write(bytes);
    });
    await pair.plugFunction();
    await untilLink("up");
  });
});
