// SPDX-License-Identifier: MIT
/**
 * The core's MSI-X doorbell where the host sees none of the memory behind BARs: behind the endpoint's SMMU, and where what the host
 * writes is on its way for a while. Rules as in function-interrupts.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { local } from "./harness/dma.ts";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { announceMsix, fillMsixTable, msixDoorbell } from "./harness/msix.ts";
import { Smmu, smmuArguments } from "./harness/smmu.ts";

const seen = ramBase + 0x10_0000n;

/** Slot 31 of bus 0, which no configuration space shows. */
const stream = 0xf8;
const tables = ramBase + 0x100_0000n;
const buffer = 0x8000_0000n;
const barSize = 0x4000;

const vectors = 4;
/** Where no page begins. */
const table = 0x2050;
const pba = 0x3000;
const enabled = 1 << 15;
const masked = 1 << 14;

let pair: LinkedPair;
let bar: bigint;
let msix: number;
let smmu: Smmu;
const ring = (vector: number) => pair.endpoint.bus.writel(msixDoorbell, vector);
const entry = (vector: number) => bar + BigInt(table + vector * 16);
const mask = (vector: number, bit: number) => pair.host.bus.writel(entry(vector) + 12n, bit);
const pending = () => pair.host.bus.readl(bar + BigInt(pba));
const control = (bits: number) => pair.rootComplex.writeConfigWord(msix + 2, bits);
const arrived = () => pair.host.bus.readl(seen);

/** Pages of the BAR's memory, in reverse order, so that only what is mapped is found. */
async function behindSmmu(): Promise<void> {
  pair = await LinkedPair.start({ iommu: "on" }, { endpointArguments: smmuArguments });
  smmu = new Smmu(pair.endpoint.bus, tables);
  await smmu.enable(stream);
  for (let page = 0n; page < 4n; page++)
    await smmu.map(buffer + (page << 12n), local + ((3n - page) << 12n));
  await plug(buffer);
}

async function onTheWay(): Promise<void> {
  pair = await LinkedPair.start({ "forgive-posted-order": "off" });
  await plug(local);
}

/** The host enables MSI-X and fills the table in BAR 0. */
async function plug(target: bigint): Promise<void> {
  await pair.implementBar(0, barSize);
  bar = (await pair.linkUp()).get(0)?.address ?? 0n;
  await pair.iatu.mapBar(0, 0, target);
  msix = await announceMsix(pair, { vectors, table, pba });
  await fillMsixTable(pair, vectors, entry, seen);
  // Known to the host from here on, if it learns of pages at all.
  for (let time = 0; time < 2; time++) expect(await pair.host.bus.readl(entry(1) + 8n)).toBe(2);
  await control(enabled);
}

afterEach(() => pair?.stop());

describe.each([
  ["behind the endpoint's SMMU", behindSmmu],
  ["where the host's writes are on their way", onTheWay],
])("MSI-X through the core's doorbell %s", (_where, prepare) => {
  beforeEach(prepare);

  it("sends what the table says", async () => {
    await ring(1);
    await eventually(arrived, 2);
    expect((await pair.stats()).msix).toBe(1);
  });

  it("keeps a masked vector pending and sends it when its mask is lifted", async () => {
    await mask(3, 1);
    expect(await pair.host.bus.readl(entry(3) + 12n)).toBe(1);
    await ring(3);
    await eventually(pending, 1 << 3);
    expect(await arrived()).toBe(0);
    await mask(3, 0);
    await eventually(arrived, 1 << 3);
    await eventually(pending, 0);
  });

  it("keeps every vector pending while the function is masked", async () => {
    await control(enabled | masked);
    await ring(0);
    await ring(2);
    await eventually(pending, 0b101);
    expect(await arrived()).toBe(0);
    await control(enabled);
    await eventually(pending, 0);
    // The later one.
    await eventually(arrived, 0b100);
  });

  it("reads back what it has written before it enabled MSI-X", async () => {
    await control(0);
    await pair.host.bus.writel(entry(2) + 8n, 0x77);
    await control(enabled);
    expect(await pair.host.bus.readl(entry(2) + 8n)).toBe(0x77);
  });

  it("sends by what it has written before it enabled MSI-X", async () => {
    await control(0);
    await pair.host.bus.writel(entry(2) + 8n, 0x77);
    await control(enabled);
    await ring(2);
    await eventually(arrived, 0x77);
  });

  it("keeps what is pending until the function may master the bus", async () => {
    await mask(3, 1);
    expect(await pair.host.bus.readl(entry(3) + 12n)).toBe(1);
    await ring(3);
    await eventually(pending, 1 << 3);
    await pair.rootComplex.disableBusMaster();
    await mask(3, 0);
    expect(await pending()).toBe(1 << 3);
    await pair.rootComplex.enable();
    await eventually(arrived, 1 << 3);
    await eventually(pending, 0);
  });

  it("drops vectors beyond the table, and all while MSI-X is off", async () => {
    const elsewhere = seen + 8n;
    for (const [word, value] of [Number(elsewhere), 0, 1, 0].entries())
      await pair.host.bus.writel(entry(vectors) + BigInt(4 * word), value);
    expect(await pair.host.bus.readl(entry(vectors))).toBe(Number(elsewhere));
    await ring(vectors);
    // What would have been sent has arrived when this one has.
    await ring(0);
    await eventually(arrived, 1);
    expect(await pair.host.bus.readl(elsewhere)).toBe(0);
    await pair.host.bus.writel(seen, 0);
    await control(0);
    const before = (await pair.stats()).faults;
    await ring(0);
    expect((await pair.stats()).faults).toBe(before + 1);
    expect(await pending()).toBe(0);
    expect(await arrived()).toBe(0);
  });
});

it("behind an SMMU that does not map the table it sends nothing, and goes on", async () => {
  await behindSmmu();
  await pair.iatu.mapBar(0, 0, buffer + 0x10_0000n);
  await ring(1);
  expect(await smmu.events()).toBeGreaterThan(0);
  expect(await arrived()).toBe(0);
  await pair.iatu.mapBar(0, 0, buffer);
  await ring(2);
  await eventually(arrived, 1 << 2);
});
