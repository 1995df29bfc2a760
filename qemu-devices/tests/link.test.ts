// SPDX-License-Identifier: MIT
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { greeting, linkMessage, messageType } from "./harness/raw-peer.ts";
import { suspend } from "./harness/suspend.ts";

/** A device in the endpoint that is not RAM: the GIC's distributor, GICD_TYPER. */
const gicDistributor = 0x0800_0000n;
const gicTyper = 4n;

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

  it("goes down: every BAR is gone at once, the slot is empty, and the function comes back", async () => {
    const bars = await pair.linkUp();
    const address = bars.get(0)?.address ?? 0n;
    await pair.endpoint.bus.writel(ramBase + 0x10_0000n, 0x1234_5678);
    expect(await pair.host.bus.readl(address)).toBe(0x1234_5678);
    expect(await pair.rootComplex.slot()).toMatchObject({ present: true, linkActive: true });
    await pair.rootComplex.clearPresenceChanged();

    const deleted = pair.functionDeleted();
    await pair.setLink(false);
    expect(await pair.linkState()).toBe("down");
    await deleted;
    expect(await pair.rootComplex.slot()).toEqual({
      present: false,
      presenceChanged: true,
      linkActive: false,
    });
    expect(await pair.host.bus.readl(address)).toBe(0xffff_ffff);
    expect(await pair.rootComplex.readConfig(0)).toBe(0xffff_ffff);
    await pair.host.bus.writel(address, 1);

    await pair.rootComplex.clearPresenceChanged();
    const again = await pair.linkUp();
    expect(await pair.rootComplex.slot()).toEqual({
      present: true,
      presenceChanged: true,
      linkActive: true,
    });
    expect(await pair.host.bus.readl(again.get(0)?.address ?? 0n)).toBe(0x1234_5678);
  });

  it("goes down with a reset of the endpoint's machine, and stays down", async () => {
    await pair.linkUp();
    const deleted = pair.functionDeleted();
    await pair.endpoint.qmp.execute("system_reset");
    await deleted;
    expect(await pair.linkState()).toBe("down");
    await expect(pair.plugFunction()).rejects.toThrow(/not trained/);
  });

  it("whoever reads all ones from one BAR finds no other BAR alive", async () => {
    await pair.implementBar(1, 0x1000);
    await pair.iatu.mapBar(1, 1, gicDistributor);
    const bars = await pair.linkUp();
    const ram = bars.get(0)?.address ?? 0n;
    const device = bars.get(1)?.address ?? 0n;
    await pair.endpoint.bus.writel(ramBase + 0x10_0000n, 0x1234_5678);
    expect(await pair.host.bus.readl(device + gicTyper)).not.toBe(0xffff_ffff);
    // A stopped endpoint neither answers nor hangs up until it is killed.
    await suspend(pair.endpoint.process.pid);
    const reading = pair.host.bus.readl(device + gicTyper);
    await pair.endpoint.process.kill();
    expect(await reading).toBe(0xffff_ffff);
    expect(await pair.host.bus.readl(ram)).toBe(0xffff_ffff);
    expect(await pair.rootComplex.slot()).toMatchObject({ present: false });
  });

  it("the endpoint outlives a host that is killed, and says so", async () => {
    await pair.linkUp();
    await pair.host.process.kill();
    await untilLink("waiting");
    await pair.endpoint.bus.writel(ramBase + 0x10_0000n, 0x0bad_cafe);
    expect(await pair.endpoint.bus.readl(ramBase + 0x10_0000n)).toBe(0x0bad_cafe);
  });

  it("the host outlives an endpoint that is killed, and loses the function", async () => {
    const bars = await pair.linkUp();
    const address = bars.get(0)?.address ?? 0n;
    const deleted = pair.functionDeleted();
    await pair.endpoint.process.kill();
    await deleted;
    expect(await pair.host.bus.readl(address)).toBe(0xffff_ffff);
    expect(await pair.rootComplex.slot()).toMatchObject({ present: false, linkActive: false });
  });

  it("does not wait for an endpoint that lives and answers no more", async () => {
    const bars = await pair.linkUp();
    await suspend(pair.endpoint.process.pid);
    try {
      const deleted = pair.functionDeleted();
      await pair.rootComplex.disableBusMaster();
      await deleted;
      expect(await pair.host.bus.readl(bars.get(0)?.address ?? 0n)).toBe(0xffff_ffff);
    } finally {
      process.kill(pair.endpoint.process.pid, "SIGCONT");
    }
    await untilLink("waiting");
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

  it("ends the connection of a peer that accesses three bytes of configuration", async () => {
    await pair.setLink(true);
    const peer = connect(pair.linkPath);
    peer.on("error", () => {});
    peer.resume();
    peer.write(linkMessage(messageType.hello, greeting()));
    peer.write(linkMessage(messageType.ready));
    await untilLink("up");
    const access = Buffer.alloc(8);
    access.writeUInt16LE(0x40, 0);
    access.writeUInt16LE(3, 2);
    peer.write(linkMessage(messageType.cfgWrite, access));
    await untilLink("waiting");
    peer.destroy();
  });

  it("ends the connection of a peer that asks and takes no answers", async () => {
    await pair.setLink(true);
    const peer = connect(pair.linkPath);
    peer.on("error", () => {});
    peer.pause();
    peer.write(linkMessage(messageType.hello, greeting()));
    peer.write(linkMessage(messageType.ready));
    await untilLink("up");
    // Each is answered with more than 256 bytes.
    const ask = linkMessage(messageType.reset);
    peer.write(Buffer.concat(Array.from({ length: 0x1_0000 }, () => ask)));
    await untilLink("waiting");
    peer.destroy();
    await pair.plugFunction();
    await untilLink("up");
  });
});
