// SPDX-License-Identifier: MIT
/** What the profile imx8mq adds to the core. Rules: Linux `drivers/pci/controller/dwc/pci-imx6.c`, variant `IMX8MQ_EP`. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sizings } from "./harness/bar-sizings.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";
import { expectOneInterrupt } from "./harness/one-interrupt.ts";

const { dbi } = endpointMap;
const type = 0x0b03_0030n;
const clock = 0x0b03_0038n;
const resets = 0x0b05_0000n;

const rootComplex = 4 << 12;
const usePad = 1 << 9;
const requestOverridden = 1 << 10;
const notRequested = 1 << 11;
const phy = 1 << 0;
const apps = 1 << 1;

let pair: LinkedPair;
const readl = (address: bigint) => pair.endpoint.bus.readl(address);
const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);

describe("profile imx8mq", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start({ profile: "imx8mq" });
  });
  afterAll(() => pair?.stop());
  beforeEach(async () => {
    await pair.endpoint.qmp.execute("system_reset");
    // The order of imx_pcie_host_init() and imx_pcie_ltssm_enable().
    await writel(clock, usePad);
    await writel(type, 0);
    await writel(clock, usePad | requestOverridden);
    await writel(resets, phy);
    await writel(resets, phy | apps);
  });

  it("begins as a root complex, in reset", async () => {
    await pair.endpoint.qmp.execute("system_reset");
    expect(await readl(type)).toBe(rootComplex);
    expect(await readl(clock)).toBe(0);
    expect(await readl(resets)).toBe(0);
    // An access that nothing answers reads as zero to qtest.
    expect(await readl(dbi)).toBe(0);
    expect(await pair.linkState()).toBe("down");
  });

  it.each([
    ["apps is asserted, which is the LTSSM", async () => writel(resets, phy)],
    ["the PHY is in reset", async () => writel(resets, apps)],
    ["it is a root complex", async () => writel(type, rootComplex)],
    ["the clock does not come from the pads", async () => writel(clock, requestOverridden)],
    ["CLKREQ# is left to the pin", async () => writel(clock, usePad)],
    [
      "CLKREQ# is not asserted",
      async () => writel(clock, usePad | requestOverridden | notRequested),
    ],
  ])("trains no link while %s", async (_why, spoil) => {
    expect(await pair.linkState()).toBe("waiting");
    await spoil();
    expect(await pair.linkState()).toBe("down");
  });

  it("trains a link whatever the type of the second controller", async () => {
    await writel(type, 4 << 8);
    expect(await pair.linkState()).toBe("waiting");
  });

  it("resets the core with the PHY, and has it answer nobody meanwhile", async () => {
    await pair.iatu.write("inbound", 0, "lowerTarget", 0x1_0000);
    await writel(resets, apps);
    expect(await readl(dbi)).toBe(0);
    await writel(resets, phy | apps);
    expect(await readl(dbi)).toBe(0xabcd_16c3);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(0);
    await pair.iatu.write("inbound", 0, "lowerTarget", 0x1_0000);
    await writel(resets, phy);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget"), "apps is not the core's").toBe(
      0x1_0000,
    );
  });

  it("has BARs 0, 2 and 4, each of 32 bits or of 64, and no others", async () => {
    const lower = Array(6).fill(0xffff);
    expect(await sizings(pair, lower, [])).toEqual([
      0xffff_0000, 0, 0xffff_0000, 0, 0xffff_0000, 0,
    ]);
    const wide = [0xffff_0004, 0xffff_ffff];
    const halves = [0xffff, 0, 0xffff, 0, 0xffff, 0];
    expect(await sizings(pair, halves, [4, 0, 4, 0, 4, 0])).toEqual([...wide, ...wide, ...wide]);
  });

  it("maps no region finer than 64 KiB, and has no MSI-X", async () => {
    await pair.iatu.write("inbound", 0, "lowerTarget", 0xffff_ffff);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(0xffff_0000);
    // PM, MSI, PCIe, and nothing behind it.
    expect((await readl(dbi + 0x70n)) & 0xffff).toBe(0x0010);
  });

  it("raises one interrupt for all channels", async () => {
    await expectOneInterrupt(pair);
  });
});
