// SPDX-License-Identifier: MIT
/** What the profile stm32mp25 adds to the core. Rules: Linux `pcie-stm32-ep.c`, `pcie-stm32.h`, `phy-stm32-combophy.c`. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

const syscfg = 0x0b03_0000n;
const resets = 0x0b05_0000n;
const phy = 0x0b07_0000n;
const gpio = 0x0b0a_0000n;

const cr1 = syscfg + 0x4c00n;
const cr2 = syscfg + 0x4c04n;
const status = syscfg + 0x4c14n;
const control = syscfg + 0x6000n;
const clock = syscfg + 0x6080n;
const loopControl = phy + 0xc0n;

const pcieReset = 1;
const phyReset = 2;
const isolationOff = 1 << 15;
const usb = 3;
const notReady = 1 << 1;
const ltssmEnable = 1 << 2;
const rootComplex = 1 << 10;
const clockEnable = 1;

let pair: LinkedPair;
const readl = (address: bigint) => pair.endpoint.bus.readl(address);
const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);

describe("profile stm32mp25", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start({ profile: "stm32mp25" });
  });
  afterAll(() => pair?.stop());
  beforeEach(async () => {
    await pair.setLink(true);
    await writel(cr2, isolationOff);
    await writel(resets, pcieReset | phyReset);
    await writel(clock, clockEnable);
    await writel(control, ltssmEnable);
  });

  it("maps no region finer than 64 KiB, and has no MSI-X", async () => {
    await pair.iatu.write("inbound", 0, "lowerTarget", 0xffff_ffff);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(0xffff_0000);
    // PM, MSI, PCIe, and nothing behind it.
    expect((await readl(endpointMap.dbi + 0x70n)) & 0xffff).toBe(0x0010);
  });

  it("stores the settings of the PHY", async () => {
    await writel(cr1, 0x1234);
    expect(await readl(cr1)).toBe(0x1234);
    await writel(loopControl, 0xe0);
    expect(await readl(loopControl)).toBe(0xe0);
    await writel(resets, pcieReset);
    await writel(resets, pcieReset | phyReset);
    expect(await readl(loopControl)).toBe(0);
  });

  it.each([
    ["its reset is asserted", async () => writel(resets, pcieReset)],
    ["it is isolated", async () => writel(cr2, 0)],
    ["it is USB's", async () => writel(cr2, isolationOff | usb)],
  ])("has a PHY that is not ready while %s", async (_why, spoil) => {
    expect(await readl(status)).toBe(0);
    await spoil();
    expect(await readl(status)).toBe(notReady);
    await writel(status, 0);
    expect(await readl(status)).toBe(notReady);
  });

  it.each([
    ["the LTSSM is not enabled", async () => writel(control, 0)],
    ["it is a root complex", async () => writel(control, ltssmEnable | rootComplex)],
    ["the PHY gives no clock", async () => writel(clock, 0)],
    ["the PHY is not ready", async () => writel(cr2, 0)],
    ["the core is in reset", async () => writel(resets, phyReset)],
  ])("trains no link while %s", async (_why, spoil) => {
    expect(await pair.linkState()).toBe("waiting");
    await spoil();
    expect(await pair.linkState()).toBe("down");
  });

  it("trains no link after PERST#, which is a pin, until the driver enables the LTSSM again", async () => {
    const pin = gpio + 0x50n;
    expect(await readl(pin)).toBe(1);
    await pair.setLink(false);
    expect(await readl(pin)).toBe(0);
    expect(await readl(control)).toBe(0);
    await pair.setLink(true);
    expect(await readl(pin)).toBe(1);
    expect(await pair.linkState()).toBe("down");
    await writel(control, ltssmEnable);
    expect(await pair.linkState()).toBe("waiting");
  });

  it.each([
    ["its own", phyReset],
    ["the PHY's", pcieReset],
  ])("resets the core by %s line, and has it answer nobody meanwhile", async (_whose, others) => {
    await pair.iatu.write("inbound", 0, "lowerTarget", 0x1_0000);
    await writel(resets, others);
    // An access that nothing answers reads as zero to qtest.
    expect(await readl(endpointMap.dbi)).toBe(0);
    await writel(resets, pcieReset | phyReset);
    expect(await readl(endpointMap.dbi)).toBe(0xabcd_16c3);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(0);
  });
});
