// SPDX-License-Identifier: MIT
/**
 * Configuration space is one set of registers, whichever end looks: the host by configuration requests, the endpoint's CPUs
 * through DBI. Also what the endpoint changes while the host runs is what the host sees, and acts by, at once.
 * Rules: PCIe base specification 7.5; Linux `pcie-designware-ep.c` for what an endpoint's driver writes.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { config } from "./harness/root-complex.ts";

const { dbi, dbi2 } = endpointMap;
/** From here on port logic, which is the endpoint's own. */
const portLogic = 0x700;
const spaceEnd = 0x1000;
const expressCapability = 0x10;
const deviceControl = 8;
const functionLevelReset = 1 << 15;
const romAddress = 0x30;
const allOnes = 0xffff_ffff;

let pair: LinkedPair;
afterEach(() => pair?.stop());

const host = (register: number) => pair.rootComplex.readConfig(register);
const endpoint = (register: number) => pair.endpoint.bus.readl(dbi + BigInt(register));
const writeDbi = (register: number, value: number) =>
  pair.endpoint.bus.writel(dbi + BigInt(register), value >>> 0);
const writeDbi2 = (register: number, value: number) =>
  pair.endpoint.bus.writel(dbi2 + BigInt(register), value >>> 0);

const registers = Array.from({ length: portLogic / 4 }, (_, index) => index * 4);

/** Every register as one end reads it, those that are zero left out. */
async function space(read: (register: number) => Promise<number>): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const register of registers) {
    const value = await read(register);
    if (value !== 0) found.set(hex(register), hex(value));
  }
  return found;
}

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;

async function expectAlike(): Promise<void> {
  expect(await space(host)).toEqual(await space(endpoint));
}

describe.each([
  ["as it is", {}],
  ["with resizable BARs", { "resizable-bars": "on" }],
  ["without MSI-X", { msix: "off" }],
] as const)("configuration space %s", (_name, properties) => {
  beforeEach(async () => {
    pair = await LinkedPair.start(properties);
    await pair.implementBar(0, 0x1_0000);
    await pair.iatu.mapBar(0, 0, ramBase + 0x10_0000n);
    await pair.linkUp();
  });

  it("is the same from both ends", async () => {
    expect((await space(endpoint)).size).toBeGreaterThan(10);
    await expectAlike();
  });

  it("hides port logic from the host", async () => {
    expect(await endpoint(0x8f8)).not.toBe(0);
    for (let register = portLogic; register < spaceEnd; register += 4) {
      expect(await host(register), hex(register)).toBe(0);
    }
  });

  it("is the same after every register that the endpoint writes", async () => {
    for (const register of registers) {
      const before = await endpoint(register);
      for (const value of [allOnes, 0, 0xa5a5_a5a5, before]) {
        await pair.allowReadOnlyWrites(true);
        await writeDbi(register, value);
        await pair.allowReadOnlyWrites(false);
        expect(hex(await host(register)), `${hex(register)} <- ${hex(value)}`).toBe(
          hex(await endpoint(register)),
        );
      }
    }
    await expectAlike();
  });

  it("is the same after every register that the host writes", async () => {
    const reset = (await pair.rootComplex.functionCapability(expressCapability)) + deviceControl;
    for (const register of registers) {
      const before = await host(register);
      for (const value of [allOnes, 0, 0xa5a5_a5a5, before]) {
        const keep = register === reset ? functionLevelReset : 0;
        await pair.rootComplex.writeConfig(register, (value & ~keep) >>> 0);
        expect(hex(await host(register)), `${hex(register)} <- ${hex(value)}`).toBe(
          hex(await endpoint(register)),
        );
      }
    }
    await expectAlike();
  });

  it("is the same after every mask that the endpoint writes", async () => {
    for (const register of [0, 1, 2, 3, 4, 5].map((n) => config.bar0 + 4 * n).concat(romAddress)) {
      for (const mask of [0xfff, 0xf_ffff, allOnes, 0xffe, 0]) {
        await writeDbi2(register, mask);
        await pair.rootComplex.writeConfig(register, allOnes);
        expect(hex(await host(register)), `${hex(register)} & ${hex(mask)}`).toBe(
          hex(await endpoint(register)),
        );
      }
    }
    await expectAlike();
  });
});

describe("BARs under a running host", () => {
  const target = ramBase + 0x10_0000n;
  const other = ramBase + 0x20_0000n;
  let bar: bigint;

  beforeEach(async () => {
    pair = await LinkedPair.start();
    await pair.implementBar(0, 0x1_0000);
    await pair.implementBar(1, 0x1_0000);
    await pair.iatu.mapBar(0, 0, target);
    await pair.iatu.mapBar(1, 1, other);
    bar = (await pair.linkUp()).get(1)?.address ?? 0n;
    await pair.endpoint.bus.writel(target, 0x1111_1111);
    await pair.endpoint.bus.writel(other, 0x2222_2222);
    expect(await pair.host.bus.readl(bar)).toBe(0x2222_2222);
  });

  /** As `__dw_pcie_ep_reset_bar()`. */
  async function clearBar(n: number): Promise<void> {
    await pair.allowReadOnlyWrites(true);
    await writeDbi2(config.bar0 + 4 * n, 0);
    await writeDbi(config.bar0 + 4 * n, 0);
    await pair.allowReadOnlyWrites(false);
  }

  it("are gone when they are cleared, in the host as in DBI, and nothing answers there", async () => {
    await clearBar(1);
    expect(await endpoint(config.bar0 + 4)).toBe(0);
    expect(await host(config.bar0 + 4)).toBe(0);
    expect(await pair.host.bus.readl(bar)).toBe(allOnes);
    await pair.rootComplex.writeConfig(config.bar0 + 4, allOnes);
    expect(await host(config.bar0 + 4), "a BAR that is not there has no size").toBe(0);
  });

  it("have no address when they are set again, until the host gives them one", async () => {
    await clearBar(1);
    await pair.implementBar(1, 0x2_0000);
    expect(await host(config.bar0 + 4)).toBe(0);
    expect(await pair.host.bus.readl(bar)).toBe(allOnes);
    await pair.rootComplex.writeConfig(config.bar0 + 4, allOnes);
    expect(await host(config.bar0 + 4)).toBe(0xfffe_0000);
    const at = 0x1800_0000;
    await pair.rootComplex.writeConfig(config.bar0 + 4, at);
    expect(await pair.host.bus.readl(BigInt(at))).toBe(0x2222_2222);
    await pair.endpoint.bus.writel(other + 0x1_8000n, 0x3333_3333);
    expect(await pair.host.bus.readl(BigInt(at) + 0x1_8000n)).toBe(0x3333_3333);
  });

  it("appear while the host runs", async () => {
    await pair.implementBar(3, 0x1000);
    await pair.iatu.mapBar(2, 3, target);
    await pair.rootComplex.writeConfig(config.bar0 + 12, allOnes);
    expect(await host(config.bar0 + 12)).toBe(0xffff_f000);
    await pair.rootComplex.writeConfig(config.bar0 + 12, 0x1900_0000);
    expect(await pair.host.bus.readl(0x1900_0000n)).toBe(0x1111_1111);
  });

  it("become one of 64 bits, and two again", async () => {
    await pair.allowReadOnlyWrites(true);
    await writeDbi2(config.bar0, 0xffff);
    await writeDbi(config.bar0, 0x4);
    await writeDbi2(config.bar0 + 4, 0);
    await writeDbi(config.bar0 + 4, 0);
    await pair.allowReadOnlyWrites(false);
    await pair.rootComplex.writeConfig(config.bar0, allOnes);
    await pair.rootComplex.writeConfig(config.bar0 + 4, allOnes);
    expect(await host(config.bar0)).toBe(0xffff_0004);
    expect(await host(config.bar0 + 4)).toBe(allOnes);
    await pair.rootComplex.writeConfig(config.bar0, 0x1a00_0000);
    await pair.rootComplex.writeConfig(config.bar0 + 4, 0);
    expect(await pair.host.bus.readl(0x1a00_0000n)).toBe(0x1111_1111);
    expect(await pair.host.bus.readl(bar)).toBe(allOnes);
    await clearBar(0);
    await pair.implementBar(0, 0x1_0000);
    await pair.implementBar(1, 0x1_0000);
    expect((await pair.rootComplex.assignBars()).size).toBe(2);
  });

  it("lead to where the endpoint points them, and to nothing when it points them nowhere", async () => {
    await pair.iatu.mapBar(1, 1, target);
    expect(await pair.host.bus.readl(bar)).toBe(0x1111_1111);
    await pair.iatu.disable("inbound", 1);
    expect(await pair.host.bus.readl(bar)).toBe(allOnes);
  });
});

describe("an expansion ROM", () => {
  const image = ramBase + 0x10_0000n;

  beforeEach(async () => {
    pair = await LinkedPair.start();
    await pair.linkUp();
    await writeDbi2(romAddress, 0xffff);
    await pair.endpoint.bus.writel(image, 0x0000_aa55);
  });

  it("has the size that DBI2's mask gives, and shows what the endpoint points it to", async () => {
    await pair.iatu.mapBar(0, 6, image);
    await pair.rootComplex.writeConfig(romAddress, 0xffff_f800);
    expect(await host(romAddress)).toBe(0xffff_0000);
    await pair.rootComplex.writeConfig(romAddress, 0x1b00_0000);
    expect(await pair.host.bus.readl(0x1b00_0000n), "not enabled").toBe(allOnes);
    await pair.rootComplex.writeConfig(romAddress, 0x1b00_0001);
    expect(await pair.host.bus.readl(0x1b00_0000n)).toBe(0x0000_aa55);
    await pair.host.bus.writel(0x1b00_0000n, 0);
    expect(await pair.host.bus.readl(0x1b00_0000n), "read only").toBe(0x0000_aa55);
  });

  it("is gone without the mask's enable bit", async () => {
    await pair.rootComplex.writeConfig(romAddress, 0x1b00_0001);
    await writeDbi2(romAddress, 0);
    expect(await host(romAddress)).toBe(0);
    expect(await endpoint(romAddress)).toBe(0);
  });
});

describe("what the endpoint writes under a running host", () => {
  const local = ramBase + 0x30_0000n;
  const window = endpointMap.outbound;

  beforeEach(async () => {
    pair = await LinkedPair.start();
    await pair.implementBar(0, 0x1_0000);
    await pair.iatu.mapBar(0, 0, ramBase + 0x10_0000n);
    await pair.iatu.mapOutbound(0, window, 0x1000n, local);
  });

  it("to the command register takes effect in the host: memory decoding", async () => {
    const bar = (await pair.linkUp()).get(0)?.address ?? 0n;
    await pair.endpoint.bus.writel(ramBase + 0x10_0000n, 0x1234_5678);
    expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
    await pair.endpoint.bus.writew(dbi + BigInt(config.command), 0x4);
    expect((await host(config.command)) & 0xffff).toBe(0x4);
    expect(await pair.host.bus.readl(bar)).toBe(allOnes);
  });

  it("to the command register takes effect in the endpoint: bus mastering", async () => {
    await pair.linkUp();
    await pair.host.bus.writel(local, 0x5555_aaaa);
    await expect.poll(() => pair.endpoint.bus.readl(window)).toBe(0x5555_aaaa);
    await pair.endpoint.bus.writew(dbi + BigInt(config.command), 0x2);
    expect((await host(config.command)) & 0xffff).toBe(0x2);
    await expect.poll(() => pair.endpoint.bus.readl(window)).toBe(allOnes);
  });
});
