// SPDX-License-Identifier: MIT
/**
 * An access that the function makes for the endpoint may be what unplugs the function: the slot's
 * registers are in the host's memory, where the endpoint writes.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { control, linkedList } from "./harness/edma.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { suspend } from "./harness/suspend.ts";

/** Power controller off and power indicator off: QEMU ejects what is in the slot. */
const slotPowerOff = (1 << 10) | (3 << 8);
const list = ramBase + 0x10_0000n;
const local = ramBase + 0x20_0000n;

let pair: LinkedPair;
let slotControl: bigint;
beforeEach(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapBar(0, 0, ramBase + 0x30_0000n);
  await pair.linkUp();
  slotControl = await pair.rootComplex.slotControlAddress();
  await pair.iatu.mapOutbound(0, endpointMap.outbound, 0x1000n, slotControl & ~0xfffn);
});
afterEach(() => pair?.stop());

/** The host has let go of the function, works, and takes a new one. */
async function unplugged(deleted: Promise<void>): Promise<void> {
  await deleted;
  await pair.host.qmp.execute("query-status");
  expect(await pair.rootComplex.slot()).toMatchObject({ present: false });
  await vi.waitFor(async () => expect(await pair.linkState()).toBe("waiting"), {
    timeout: 5000,
    interval: 5,
  });
  await pair.linkUp();
  expect(await pair.rootComplex.readConfig(0)).not.toBe(0xffff_ffff);
}

const powerOff = () =>
  pair.endpoint.bus.writew(endpointMap.outbound + (slotControl & 0xfffn), slotPowerOff);

describe("the function is unplugged by", () => {
  it("a short write of the endpoint's CPU", async () => {
    const deleted = pair.functionDeleted();
    await powerOff();
    await unplugged(deleted);
  });

  it("the first of several writes, which are dropped", async () => {
    const deleted = pair.functionDeleted();
    await suspend(pair.host.process.pid);
    for (let i = 0; i < 8; i++) await powerOff();
    process.kill(pair.host.process.pid, "SIGCONT");
    await unplugged(deleted);
  });

  it("a transfer of the engine's", async () => {
    const at = slotControl & ~0xfn;
    const data = Buffer.alloc(32);
    data.writeUInt32LE(slotPowerOff, Number(slotControl - at));
    await pair.endpoint.bus.write(local, data);
    await pair.endpoint.bus.write(
      list,
      linkedList([
        { source: local, destination: at, size: 32, flags: control.cycle },
        { next: list, flags: control.toggleCycle },
      ]),
    );
    await pair.edma.prepareList("write", 0, list);
    const deleted = pair.functionDeleted();
    await pair.edma.ring("write", 0);
    await unplugged(deleted);
  });
});
