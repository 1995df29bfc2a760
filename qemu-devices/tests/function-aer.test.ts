// SPDX-License-Identifier: MIT
/** What the function itself finds wrong, in its own capability, and the message that it sends (PCIe base specification, 6.2, 7.8.4: AER). */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { advisory, aer, completionTimeout, poisoned, unsupportedRequest } from "./harness/aer.ts";
import { data, nowhere, startList, untilState, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

const { uncorrectable, mask, severity, correctable, correctableMask, capabilities, header } = aer;
const { rootCommand, rootStatus, errorSource } = aer;

/** In device control; in the root port's command, and in what it has received. */
const enables = { correctable: 1, nonFatal: 2, fatal: 4, unsupported: 8 } as const;
const received = { correctable: 1 << 0, uncorrectable: 1 << 2, nonFatal: 1 << 5, fatal: 1 << 6 };
const allReceived = 0x7f;

/** The function's own, 01:00.0. */
const requester = 0x100;
const systemError = 1 << 8;
/** Bits of the function's device status, and of its PCI status. */
const found = { correctable: 1, nonFatal: 2, fatal: 4, unsupported: 8 } as const;
const status = { targetAbort: 1 << 12, masterAbort: 1 << 13, parity: 1 << 15 } as const;

/** In the host's GIC: what is read there travels. */
const distributor = 0x0800_0000n;

let pair: LinkedPair;
let express: number;
let bar: bigint;
beforeEach(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  bar = (await pair.linkUp()).get(0)?.address ?? 0n;
  express = await pair.rootComplex.functionCapability(0x10);
  // The port forwards messages, and says what it has received.
  const { rootComplex } = pair;
  const port = await rootComplex.portCapability(0x10);
  await rootComplex.writePort(port + 8, 0xf);
  await rootComplex.writePort(0x3c, (await rootComplex.readPort(0x3c)) | (1 << 17));
  await rootComplex.writePort(0x04, (await rootComplex.readPort(0x04)) | systemError);
  await rootComplex.writePort(rootCommand, 7);
  await pair.iatu.mapOutbound(0, endpointMap.outbound, 0x1000n, distributor);
});
afterEach(() => pair?.stop());

const read = (register: number) => pair.rootComplex.readConfig(register);
const write = (register: number, value: number) => pair.rootComplex.writeConfig(register, value);
const deviceStatus = async () => (await read(express + 8)) >>> 16;
const pciStatus = async () => (await read(0x04)) >>> 16;
const enable = (bits: number) => pair.rootComplex.writeConfigWord(express + 8, bits);
const atRoot = async () => (await pair.rootComplex.readPort(rootStatus)) & allReceived;
/** What came before has arrived at the port: a message of the function's is in line with its interrupts and reads. */
const settled = () => pair.endpoint.bus.readl(endpointMap.outbound);

/** A read of the engine's that ends so. */
async function incomplete(error: string) {
  const path = "/machine/peripheral/ep";
  const value = { direction: "read", error, count: 1 };
  await pair.endpoint.qmp.execute("qom-set", { path, property: "aborts", value });
  await startList(pair, "read", 0, [data("read", 64, control.cycle), wrap]);
  await untilState(pair, "read", 0, "halted");
}

it("the capability is the first of the extended ones, and another follows where there is one", async () => {
  expect(await read(aer.start)).toBe(0x0002_0001);
  expect(await read(severity)).toBe(0x0006_2010);
  expect(await read(correctableMask)).toBe(advisory);
  const resizable = await LinkedPair.start({ "resizable-bars": "on" });
  try {
    await resizable.implementBar(0, 0x10000);
    await resizable.linkUp();
    expect(await resizable.rootComplex.readConfig(aer.start)).toBe(0x1482_0001);
    expect((await resizable.rootComplex.readConfig(0x148)) & 0xffff).toBe(0x15);
  } finally {
    await resizable.stop();
  }
});

it("the host may write what enables, and clear what tells", async () => {
  for (const register of [mask, severity]) {
    await write(register, 0xffff_ffff);
    expect(await read(register)).toBe(0x001f_f010);
  }
  await write(correctableMask, 0xffff_ffff);
  expect(await read(correctableMask)).toBe(0x31c1);
  await write(capabilities, 0xffff_ffff);
  expect(await read(capabilities)).toBe(0);
  await write(mask, 0);
  await incomplete("timeout");
  await write(uncorrectable, unsupportedRequest);
  expect(await read(uncorrectable)).toBe(completionTimeout);
  await write(uncorrectable, completionTimeout);
  expect(await read(uncorrectable)).toBe(0);
});

describe("a read of the engine's", () => {
  it.each([
    ["timeout", completionTimeout, 0],
    ["poisoned", poisoned, status.parity],
  ])("that ends with %s is an error that the host is told of", async (error, bit, inStatus) => {
    await enable(enables.nonFatal);
    await incomplete(error);
    expect(await read(uncorrectable)).toBe(bit);
    expect((await read(capabilities)) & 0x1f).toBe(Math.log2(bit));
    expect(await deviceStatus()).toBe(found.nonFatal);
    expect((await pciStatus()) & 0xf900).toBe(inStatus);
    await eventually(atRoot, received.uncorrectable | received.nonFatal);
    expect((await pair.rootComplex.readPort(errorSource)) >>> 16).toBe(requester);
    expect(await pair.rootComplex.readPort(uncorrectable), "the port's own").toBe(0);
  });

  it.each([
    ["completer-abort", status.targetAbort],
    ["unsupported-request", status.masterAbort],
  ])(
    "that the completer ends with %s is its error, not the function's",
    async (error, inStatus) => {
      await enable(0xf);
      await incomplete(error);
      expect((await pciStatus()) & 0xf900).toBe(inStatus);
      expect([await read(uncorrectable), await deviceStatus()]).toEqual([0, 0]);
      await settled();
      expect(await atRoot()).toBe(0);
    },
  );

  it("that nobody answers is such a one", async () => {
    const element = { ...data("read", 64, control.cycle), source: nowhere };
    await startList(pair, "read", 0, [element, wrap]);
    await untilState(pair, "read", 0, "halted");
    expect((await pciStatus()) & 0xf900).toBe(status.masterAbort);
  });

  it("is fatal if the host says so", async () => {
    await enable(enables.fatal);
    await write(severity, completionTimeout);
    await incomplete("timeout");
    expect(await deviceStatus()).toBe(found.fatal);
    await eventually(atRoot, received.uncorrectable | received.fatal | (1 << 4));
  });

  it.each([
    ["is not enabled", async () => enable(enables.fatal | enables.correctable)],
    [
      "is masked",
      async () => {
        await enable(0xf);
        await write(mask, completionTimeout);
      },
    ],
  ])("is noted and not told where that %s", async (_, prepare) => {
    await prepare();
    await incomplete("timeout");
    expect(await read(uncorrectable)).toBe(completionTimeout);
    await settled();
    expect(await atRoot()).toBe(0);
  });

  it("is told as a system error where that is enabled", async () => {
    await pair.rootComplex.writeConfigWord(0x04, 6 | systemError);
    await incomplete("timeout");
    await eventually(atRoot, received.uncorrectable | received.nonFatal);
    expect((await pciStatus()) & (1 << 14)).toBe(1 << 14);
  });

  it("is still known after a reset by the host", async () => {
    await incomplete("timeout");
    await pair.rootComplex.resetSecondaryBus();
    expect(await read(uncorrectable)).toBe(completionTimeout);
  });
});

describe("a request of the host's that no window leads anywhere", () => {
  it("is an unsupported request if it is a write, with its header", async () => {
    await enable(enables.nonFatal | enables.unsupported);
    await pair.host.bus.writew(bar + 0x26n, 1);
    await eventually(atRoot, received.uncorrectable | received.nonFatal);
    expect(await read(uncorrectable)).toBe(unsupportedRequest);
    expect(await deviceStatus()).toBe(found.nonFatal | found.unsupported);
    // A write of a double word to 32 bits of address, by 00:00.0, the upper two bytes.
    expect(await read(header(0))).toBe(0x4000_0001);
    expect(await read(header(1))).toBe(0x0000_000c);
    expect(await read(header(2))).toBe(Number(bar) + 0x24);
  });

  it("keeps the first one's header until that is cleared", async () => {
    await pair.host.bus.writel(bar, 1);
    await pair.host.bus.writel(bar + 8n, 1);
    // A read pushes both before it, and is masked itself.
    await pair.host.bus.readl(bar + 0x20n);
    expect(await read(header(2))).toBe(Number(bar));
    await write(uncorrectable, unsupportedRequest);
    await pair.host.bus.writel(bar + 0x10n, 1);
    await eventually(() => read(header(2)), Number(bar) + 0x10);
  });

  it("tells nobody if unsupported requests are not to be told", async () => {
    await enable(enables.nonFatal);
    await pair.host.bus.writel(bar, 1);
    await eventually(() => read(uncorrectable), unsupportedRequest);
    await settled();
    expect(await atRoot()).toBe(0);
  });

  it("is advisory if it is a read, which the host is told by its completion", async () => {
    await enable(0xf);
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
    expect(await read(correctable)).toBe(advisory);
    expect(await read(uncorrectable)).toBe(0);
    expect(await deviceStatus()).toBe(found.correctable | found.unsupported);
    await settled();
    expect(await atRoot()).toBe(0);
  });

  it("and then told as correctable where that is not masked", async () => {
    await enable(0xf);
    await write(correctableMask, 0);
    expect(await pair.host.bus.readl(bar + 0x10n)).toBe(0xffff_ffff);
    await eventually(atRoot, received.correctable);
    expect((await pair.rootComplex.readPort(errorSource)) & 0xffff).toBe(requester);
    expect(await read(uncorrectable)).toBe(unsupportedRequest);
    expect(await read(header(0))).toBe(1);
  });
});
