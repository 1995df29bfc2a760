// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { announceMsix, fillMsixTable, msixDoorbell } from "./harness/msix.ts";
import { config } from "./harness/root-complex.ts";

/** GICD_ISPENDR of interrupts 160 to 191: a place where a write of the function can be seen. */
const seen = 0x0800_0214n;
/** The four INTx lines of the `virt` machine's PCI host bridge, from interrupt 35 on. */
const intxPending = 0x0800_0204n;
const intxLines = 0xf << 3;

const messageWindow = endpointMap.outbound;
const memoryWindow = endpointMap.outbound + 0x10_0000n;
const barMemory = ramBase + 0x10_0000n;

const interruptDisable = 1 << 10;
const interruptStatus = 1 << 19;
const msiCapability = 5;

let pair: LinkedPair;
let bar: bigint;
beforeEach(async () => {
  pair = await LinkedPair.start();
  await pair.implementBar(0, 0x10000);
  await pair.iatu.mapBar(0, 0, barMemory);
  await pair.iatu.mapOutbound(1, memoryWindow, 0x1000n, seen & ~0xfffn);
  const bars = await pair.linkUp();
  bar = bars.get(0)?.address ?? 0n;
});
afterEach(() => pair?.stop());

const eventually = (read: () => Promise<unknown>, wanted: unknown) =>
  vi.waitFor(async () => expect(await read()).toBe(wanted), { timeout: 5000, interval: 2 });
const hostReads = (at: bigint) => () => pair.host.bus.readl(at);
const functionReads = (register: number) => () => pair.rootComplex.readConfig(register);

/** Every message that the endpoint has sent so far has arrived when this returns. */
const flush = () => pair.endpoint.bus.readl(memoryWindow + 4n);

async function intx(): Promise<boolean> {
  return ((await pair.host.bus.readl(intxPending)) & intxLines) !== 0;
}

describe("INTx messages", () => {
  const assert = () => pair.endpoint.bus.writel(messageWindow, 0);
  const deassert = () => pair.endpoint.bus.writel(messageWindow + 0x1000n, 0);
  const status = async () =>
    ((await pair.rootComplex.readConfig(config.command)) & interruptStatus) !== 0;

  beforeEach(async () => {
    await pair.iatu.mapMessage(2, messageWindow, 0x1000n, 0x20);
    await pair.iatu.mapMessage(3, messageWindow + 0x1000n, 0x1000n, 0x24);
  });

  it("raise and lower the line, and show it in the status on both sides", async () => {
    expect(await intx()).toBe(false);
    await assert();
    await eventually(intx, true);
    expect(await status()).toBe(true);
    expect((await pair.endpoint.bus.readl(endpointMap.dbi + 4n)) & interruptStatus).not.toBe(0);
    await deassert();
    await eventually(intx, false);
    expect(await status()).toBe(false);
    expect((await pair.endpoint.bus.readl(endpointMap.dbi + 4n)) & interruptStatus).toBe(0);
    expect((await pair.stats()).intx).toBe(1);
  });

  it("interrupt disable holds the line down, not the status", async () => {
    await pair.rootComplex.writeConfigWord(config.command, 6 | interruptDisable);
    await assert();
    await eventually(status, true);
    expect(await intx()).toBe(false);
    await pair.rootComplex.writeConfigWord(config.command, 6);
    expect(await intx()).toBe(true);
  });

  it("need no bus mastering", async () => {
    await pair.rootComplex.disableBusMaster();
    await assert();
    await eventually(intx, true);
  });

  it("of another pin than the function's own are dropped", async () => {
    await pair.iatu.mapMessage(2, messageWindow, 0x1000n, 0x21);
    await assert();
    await flush();
    expect(await status()).toBe(false);
    expect((await pair.stats()).intx).toBe(0);
  });

  /** The interrupt pin in DBI, and so in the function that the host sees. */
  const writePin = async (pin: number) => {
    await pair.allowReadOnlyWrites(true);
    await pair.endpoint.bus.write(endpointMap.dbi + 0x3dn, Buffer.from([pin]));
    await pair.allowReadOnlyWrites(false);
    await eventually(async () => ((await pair.rootComplex.readConfig(0x3c)) >>> 8) & 0xff, pin);
  };

  it.each([
    ["none", 0],
    ["another", 2],
    ["one that does not exist", 0xff],
  ])("leave no level behind when the pin becomes %s", async (_what, pin) => {
    await assert();
    await eventually(intx, true);
    await deassert();
    await writePin(pin);
    await eventually(intx, false);
    expect(await status()).toBe(false);
    await writePin(1);
    await assert();
    await eventually(intx, true);
    await writePin(pin);
    await eventually(intx, false);
    await deassert();
    // Longer than a level is held: nothing that was under way falls afterwards.
    await flush();
    await pair.host.qmp.execute("query-status");
    await writePin(1);
    await assert();
    await eventually(intx, true);
    await deassert();
    await eventually(intx, false);
  });

  it("end with the link", async () => {
    await assert();
    await eventually(intx, true);
    await pair.setLink(false);
    await eventually(intx, false);
    expect((await pair.endpoint.bus.readl(endpointMap.dbi + 4n)) & interruptStatus).toBe(0);
  });
});

describe("MSI", () => {
  let msi: number;
  const mask = () => msi + 0x10;
  const pending = () => msi + 0x14;
  const send = (vector: number) =>
    pair.endpoint.bus.writel(memoryWindow + (seen & 0xfffn), 0x100 | vector);

  beforeEach(async () => {
    msi = await pair.rootComplex.functionCapability(msiCapability);
    await pair.rootComplex.writeConfig(msi + 4, Number(seen));
    await pair.rootComplex.writeConfig(msi + 8, 0);
    await pair.rootComplex.writeConfigWord(msi + 0xc, 0x100);
    // Four vectors, enabled.
    await pair.rootComplex.writeConfigWord(msi + 2, (2 << 4) | 1);
  });

  it("is a write to the address in the capability", async () => {
    await send(2);
    await eventually(hostReads(seen), 0x102);
    expect((await pair.stats()).msi).toBe(1);
  });

  it("of a masked vector is pending on both sides, and sent when the mask is lifted", async () => {
    await pair.rootComplex.writeConfig(mask(), 1 << 1);
    await send(1);
    await eventually(functionReads(pending()), 1 << 1);
    await eventually(() => pair.endpoint.bus.readl(endpointMap.dbi + BigInt(pending())), 1 << 1);
    expect(await pair.host.bus.readl(seen)).toBe(0);
    await send(2);
    await eventually(hostReads(seen), 0x102);
    await pair.rootComplex.writeConfig(mask(), 0);
    expect(await pair.host.bus.readl(seen)).toBe(0x103);
    expect(await pair.rootComplex.readConfig(pending())).toBe(0);
    await eventually(() => pair.endpoint.bus.readl(endpointMap.dbi + BigInt(pending())), 0);
  });

  it("is refused and counted while the host has not made the function bus master", async () => {
    await pair.rootComplex.disableBusMaster();
    const before = (await pair.stats()).faults;
    await send(2);
    expect((await pair.stats()).faults).toBe(before + 1);
    await pair.rootComplex.enable();
    await flush();
    expect(await pair.host.bus.readl(seen)).toBe(0);
  });
});

describe("MSI-X through the core's doorbell", () => {
  const vectors = 4;
  /** Where no page begins, as pci-epf-test has it behind its registers. */
  const table = 0x2050;
  const pba = 0x3000;
  let msix: number;
  const ring = (vector: number) => pair.endpoint.bus.writel(msixDoorbell, vector);
  const pendingBits = () => pair.host.bus.readl(bar + BigInt(pba));
  const entry = (vector: number) => bar + BigInt(table + vector * 16);

  beforeEach(async () => {
    msix = await announceMsix(pair, { vectors, table, pba });
    await pair.rootComplex.writeConfigWord(msix + 2, 1 << 15);
    await fillMsixTable(pair, vectors, entry, seen);
  });

  it("sends what the table in the endpoint's memory says", async () => {
    expect(await pair.endpoint.bus.readl(barMemory + BigInt(table + 16 + 8))).toBe(2);
    await ring(1);
    await eventually(hostReads(seen), 2);
    expect((await pair.stats()).msix).toBe(1);
  });

  it("leaves what is beside the table in its page alone", async () => {
    await pair.host.bus.writel(bar + 0x2000n, 0x1234_5678);
    expect(await pair.endpoint.bus.readl(barMemory + 0x2000n)).toBe(0x1234_5678);
    await pair.endpoint.bus.writel(barMemory + 0x2ffcn, 0x5555_aaaa);
    expect(await pair.host.bus.readl(bar + 0x2ffcn)).toBe(0x5555_aaaa);
  });

  it("keeps a masked vector pending and sends it when its mask is lifted", async () => {
    await pair.host.bus.writel(entry(3) + 12n, 1);
    await ring(3);
    await eventually(pendingBits, 1 << 3);
    expect(await pair.host.bus.readl(seen)).toBe(0);
    await pair.host.bus.writel(entry(3) + 12n, 0);
    expect(await pair.host.bus.readl(seen)).toBe(1 << 3);
    expect(await pendingBits()).toBe(0);
  });

  it("keeps every vector pending while the function is masked", async () => {
    await pair.rootComplex.writeConfigWord(msix + 2, (1 << 15) | (1 << 14));
    await ring(0);
    await ring(2);
    await eventually(pendingBits, 0b101);
    expect(await pair.host.bus.readl(seen)).toBe(0);
    await pair.rootComplex.writeConfigWord(msix + 2, 1 << 15);
    expect(await pair.host.bus.readl(seen)).toBe(0b101);
  });

  it("sends a message that makes itself pending again only once", async () => {
    await pair.allowReadOnlyWrites(true);
    await pair.endpoint.bus.writel(endpointMap.dbi + BigInt(msix) + 8n, table);
    await pair.allowReadOnlyWrites(false);
    await eventually(functionReads(msix + 8), table);
    // The pending bit is that of the entry's address, which the message sets again.
    const address = Number(entry(0)) | 1;
    await pair.host.bus.writel(entry(0) + 12n, 1);
    await pair.host.bus.writel(entry(0) + 8n, address);
    await pair.host.bus.writel(entry(0), address);
    await pair.host.bus.writel(entry(0) + 12n, 0);
    expect(await pair.host.bus.readl(entry(0))).toBe(address);
    await pair.host.qmp.execute("query-status");
  });

  it("drops vectors beyond the table, and all while MSI-X is off", async () => {
    await ring(vectors);
    await pair.rootComplex.writeConfigWord(msix + 2, 0);
    const before = (await pair.stats()).faults;
    await ring(0);
    expect((await pair.stats()).faults).toBe(before + 1);
    await flush();
    expect(await pair.host.bus.readl(seen)).toBe(0);
  });
});
