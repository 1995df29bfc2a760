// SPDX-License-Identifier: MIT
/**
 * The ATS capability of an RK3588 as an endpoint, and how its driver hides it: Linux `drivers/pci/controller/dwc/pcie-dw-rockchip.c`,
 * `dw_pcie_remove_ext_capability()` of `pcie-designware.c`.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

const { dbi } = endpointMap;
const apb = 0x0b03_0000n;
const resets = 0x0b05_0000n;
const id = { aer: 0x01, ats: 0x0f, rebar: 0x15, secondary: 0x19 } as const;

const pageAligned = 1 << 5;
const enable = 2 ** 31;
const smallestUnit = 3 << 16;

let pair: LinkedPair;
const readl = (register: number) => pair.endpoint.bus.readl(dbi + BigInt(register));
const host = (register: number) => pair.rootComplex.readConfig(register);

beforeAll(async () => {
  pair = await started("rk3588");
  await pair.endpoint.bus.writel(apb, 0x00f4_0004);
  await pair.plugFunction();
  await pair.rootComplex.openRootPort();
});
afterAll(() => pair?.stop());

/** The core of a controller with this profile answers. */
async function started(profile: string): Promise<LinkedPair> {
  const one = await LinkedPair.start({ profile });
  await one.endpoint.bus.writel(resets, 7);
  return one;
}

/** The chain of extended capabilities, as `read` shows it: where each id is. */
async function chain(read: (register: number) => Promise<number>): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (let at = 0x100; at !== 0 && found.size < 16; ) {
    const head = await read(at);
    found.set(head & 0xffff, at);
    at = head >>> 20;
  }
  return found;
}

it("is there for both ends, right behind Secondary PCI Express, where Linux 6.15 to 6.19 looks for it", async () => {
  const found = await chain(readl);
  expect([...found.keys()]).toEqual([id.aer, id.rebar, id.secondary, id.ats]);
  expect(await chain(host)).toEqual(found);
});

it("the host enables it and says what its pages are, and no more, until it resets the function", async () => {
  const at = (await chain(host)).get(id.ats) ?? 0;
  await pair.rootComplex.writeConfig(at, 0);
  await pair.rootComplex.writeConfig(at + 4, 0xffff_ffff);
  expect(await host(at + 4)).toBe(0x801f_0000 + pageAligned);
  await pair.rootComplex.writeConfig(at + 4, enable + smallestUnit);
  expect(await readl(at + 4)).toBe(enable + smallestUnit + pageAligned);
  expect((await readl(at)) & 0xffff).toBe(id.ats);
  await pair.rootComplex.resetSecondaryBus();
  await eventually(() => readl(at + 4), pageAligned);
});

it("a driver that takes it out of the chain hides it from the host", async () => {
  const found = await chain(readl);
  const before = found.get(id.secondary) ?? 0;
  const next = (await readl(found.get(id.ats) ?? 0)) >>> 20;
  await pair.allowReadOnlyWrites(true);
  const value = ((await readl(before)) & 0xf_ffff) + next * 2 ** 20;
  await pair.endpoint.bus.writel(dbi + BigInt(before), value);
  await pair.allowReadOnlyWrites(false);
  expect([...(await chain(host)).keys()]).toEqual([id.aer, id.rebar, id.secondary]);
});

it("an RK3568, of which no such thing is known, has none", async () => {
  const other = await started("rk3568");
  try {
    const found = await chain((register) => other.endpoint.bus.readl(dbi + BigInt(register)));
    expect([...found.keys()]).toEqual([id.aer, id.rebar]);
  } finally {
    await other.stop();
  }
});
