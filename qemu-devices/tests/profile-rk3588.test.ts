// SPDX-License-Identifier: MIT
/**
 * What the profiles rk3588 and rk3568 add to the core. Rules: Linux `drivers/pci/controller/dwc/pcie-dw-rockchip.c` and
 * `drivers/phy/rockchip/phy-rockchip-snps-pcie3.c`.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EdmaRegisters } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { Smmu, smmuArguments } from "./harness/smmu.ts";

const registers = 0x0b00_0000n;
const apb = registers + 0x3_0000n;
const resets = registers + 0x5_0000n;
const grf = registers + 0x7_8000n;
const { dbi, dbi2 } = endpointMap;

const general = apb;
const status = apb + 0x10n;
const mask = apb + 0x24n;
const hotReset = apb + 0x180n;
const ltssm = apb + 0x300n;

/** What a write changes stands in its upper half. */
const masked = (bits: number, value: number) => ((bits << 16) | value) >>> 0;
const enableLtssm = masked(1 << 2, 1 << 2);
const disableLtssm = masked(1 << 2, 0);
const endpointMode = masked(0xf0, 0);
const delayTraining = masked(1 << 1, 1 << 1);
const delayDone = masked(1 << 3, 1 << 3);
const linkUpChanged = 1 << 1;
const linkWasReset = 1 << 2;
const up = (3 << 16) | 0x11;
const released = 7;

let pair: LinkedPair;
const readl = (address: bigint) => pair.endpoint.bus.readl(address);
const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);

/** The line "sys", behind those of eight channels. */
const sys = () => pair.spi(8);

async function clear(): Promise<void> {
  await writel(status, 0xffff_ffff);
  expect(await readl(status)).toBe(0);
}

describe("profile rk3588", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start({ profile: "rk3588" });
  });
  afterAll(() => pair?.stop());

  it("has a PHY that is ready when its reset line is released", async () => {
    expect(await readl(grf + 0x904n)).toBe(0);
    await writel(resets, 4);
    expect(await readl(grf + 0x904n)).toBe(1);
    expect(await readl(grf + 0xa04n)).toBe(1);
  });

  it("keeps the core in reset until both of its lines are released", async () => {
    await writel(resets, 4 | 1);
    expect(await readl(dbi)).not.toBe(0xabcd_16c3);
    await writel(resets, released);
    expect(await readl(dbi)).toBe(0xabcd_16c3);
  });

  it("changes the bits that the upper half of a write names, and no others", async () => {
    await writel(general, 0x0000_0004);
    expect(await readl(general)).toBe(0x40);
    await writel(general, masked(0xf4, 0x04));
    expect(await readl(general)).toBe(0x04);
    await writel(general, masked(0x04, 0x40));
    expect(await readl(general)).toBe(0);
  });

  it("has BARs of the sizes that their entries say, but for BAR 4, which is always there", async () => {
    const mask = (bar: bigint) => dbi2 + 0x10n + 4n * bar;
    const sizing = async (bar: bigint) => {
      await writel(dbi + 0x10n + 4n * bar, 0xffff_ffff);
      return ((await readl(dbi + 0x10n + 4n * bar)) & ~0xf) >>> 0;
    };
    await writel(mask(0n), 0xffff);
    expect(await sizing(0n), "a mask does not size a resizable BAR").toBe(0xfff0_0000);
    await writel(mask(4n), 0);
    expect(await sizing(4n)).toBe(0xfff0_0000);
    expect(((await readl(dbi + 0x150n)) >>> 5) & 7, "entries").toBe(5);
  });

  it("maps no region finer than 64 KiB", async () => {
    await pair.iatu.write("inbound", 0, "lowerTarget", 0xffff_ffff);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(0xffff_0000);
  });

  it("trains no link as a root complex", async () => {
    await writel(general, masked(0xf4, 0x44));
    expect(await pair.linkState()).toBe("down");
    await writel(general, masked(0xf4, 0));
  });

  describe("with a function plugged in", () => {
    beforeAll(async () => {
      await writel(general, endpointMode);
      await writel(hotReset, delayTraining);
      await writel(general, enableLtssm);
      expect(await pair.linkState()).toBe("waiting");
      expect(await readl(ltssm)).toBe(0);
      await pair.plugFunction();
      await pair.rootComplex.openRootPort();
    });

    it("says that the link came up, by its interrupt when that is not masked", async () => {
      await eventually(() => readl(ltssm), up);
      expect(await readl(status)).toBe(linkUpChanged);
      expect(await sys()).toBe(false);
      await writel(mask, masked(linkUpChanged | linkWasReset, 0));
      await eventually(sys, true);
      await clear();
      await eventually(sys, false);
    });

    it("shows the eDMA's registers in BAR 4, whatever the iATU says", async () => {
      const bars = await pair.rootComplex.assignBars();
      await pair.iatu.mapBar(0, 4, 0x4010_0000n);
      const far = new EdmaRegisters(pair.host.bus, bars.get(4)?.address ?? 0n);
      expect(await far.channelCounts()).toEqual({ write: 4, read: 4 });
    });

    it("says that the host has reset the link, and shows it down until the driver is through", async () => {
      await pair.rootComplex.resetSecondaryBus();
      await eventually(() => readl(status), linkUpChanged | linkWasReset);
      expect(await readl(ltssm)).toBe(0);
      await clear();
      await writel(hotReset, delayDone);
      expect(await readl(ltssm)).toBe(up);
      expect(await readl(status)).toBe(linkUpChanged);
      expect((await readl(hotReset)) & (1 << 3), "the request reads as done").toBe(0);
      await clear();
    });

    it("says nothing of a function-level reset", async () => {
      await pair.rootComplex.writeConfigWord(0x78, 1 << 15);
      await pair.host.bus.readl(dbi);
      expect(await readl(ltssm)).toBe(up);
      expect(await readl(status)).toBe(0);
    });

    it("trains no link after one was lost before the driver is through", async () => {
      await pair.setLink(false);
      await eventually(() => readl(status), linkUpChanged | linkWasReset);
      await pair.setLink(true);
      expect(await pair.linkState()).toBe("down");
      await clear();
      await writel(hotReset, delayDone);
      expect(await pair.linkState()).toBe("waiting");
    });

    it("takes the link down when the LTSSM is switched off", async () => {
      await writel(general, disableLtssm);
      expect(await pair.linkState()).toBe("down");
    });
  });
});

it("profile rk3568 has six resizable BARs, and a PHY with another register", async () => {
  pair = await LinkedPair.start({ profile: "rk3568" });
  try {
    await writel(resets, released);
    expect(((await readl(dbi + 0x150n)) >>> 5) & 7).toBe(6);
    expect(await readl(grf + 0x80n)).toBe(1 << 14);
  } finally {
    await pair.stop();
  }
});

it("profile rk3588 behind an SMMU shows the eDMA's registers in BAR 4 past it, and nothing else", async () => {
  pair = await LinkedPair.start(
    { profile: "rk3588", iommu: "on" },
    { endpointArguments: smmuArguments },
  );
  try {
    await new Smmu(pair.endpoint.bus, ramBase).abortAll(true);
    await writel(resets, released);
    await writel(general, endpointMode);
    await pair.implementBar(0, 0x10_0000);
    await writel(general, enableLtssm);
    await pair.plugFunction();
    await pair.rootComplex.openRootPort();
    const bars = await pair.rootComplex.assignBars();
    const { address = 0n, size = 0 } = bars.get(0) ?? {};
    await pair.iatu.mapInbound(0, address, BigInt(size), endpointMap.dma);
    const [refused, wired] = [0, 4].map(
      (n) => new EdmaRegisters(pair.host.bus, bars.get(n)?.address ?? 0n),
    );
    expect(await wired?.channelCounts()).toEqual({ write: 4, read: 4 });
    await wired?.write("intMask", "read", 0x5);
    expect(await wired?.read("intMask", "read")).toBe(0x5);
    await refused?.write("intMask", "read", 0x3);
    expect(await refused?.read("intMask", "read")).toBe(0xffff_ffff);
    expect(await wired?.read("intMask", "read")).toBe(0x5);
  } finally {
    await pair.stop();
  }
});
