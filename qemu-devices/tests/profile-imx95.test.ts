// SPDX-License-Identifier: MIT
/** What the profile imx95 adds to the core. Rules: Linux `drivers/pci/controller/dwc/pci-imx6.c`, variant `IMX95_EP`. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { barAt, sizings } from "./harness/bar-sizings.ts";
import { lpiPending, routeEvent, translater } from "./harness/its.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";
import { expectOneInterrupt } from "./harness/one-interrupt.ts";

const { dbi, dbi2 } = endpointMap;
const app = 0x0b03_0000n;
const phyControl = app;
const pll = app + 0x10n;
const clock = app + 0xf0n;
const lutControl = app + 0x1008n;
const lutData1 = app + 0x100cn;
const lutData2 = app + 0x1010n;
const type = app + 0x1050n;
const ltssm = app + 0x1058n;
const reset = app + 0x3010n;

const usePad = 1 << 17;
const locked = 1 << 30;
const clockEnable = 1 << 23;
const coldReset = 1;
const ltssmEnable = 1;
const rootComplex = 4;
const lutRead = 1 << 16;
const lutValid = 1 << 31;

let pair: LinkedPair;
const readl = (address: bigint) => pair.endpoint.bus.readl(address);
const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);

/** The order of imx_pcie_host_init() and imx_pcie_ltssm_enable(). */
async function bringUp(pad = 0): Promise<void> {
  await writel(phyControl, pad);
  await writel(reset, coldReset);
  await writel(reset, 0);
  await writel(type, 0);
  await writel(clock, pad ? 0 : clockEnable);
  await writel(ltssm, ltssmEnable);
}

describe("profile imx95", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start({ profile: "imx95" });
  });
  afterAll(() => pair?.stop());
  beforeEach(async () => {
    await pair.endpoint.qmp.execute("system_reset");
  });

  it("has a PHY without a locked clock until it was reset", async () => {
    await writel(clock, clockEnable);
    expect(await readl(pll)).toBe(0);
    await writel(reset, coldReset);
    expect(await readl(pll)).toBe(0);
    await writel(reset, 0);
    expect(await readl(pll)).toBe(locked);
    await writel(pll, 0);
    expect(await readl(pll)).toBe(locked);
    await writel(clock, 0);
    expect(await readl(pll)).toBe(0);
  });

  it("takes the clock from its pads where that was selected before the reset", async () => {
    await bringUp(usePad);
    expect(await readl(pll)).toBe(locked);
    await writel(phyControl, 0);
    await writel(clock, clockEnable);
    expect(await readl(pll)).toBe(0);
    await writel(reset, coldReset);
    await writel(reset, 0);
    expect(await readl(pll)).toBe(locked);
  });

  it("begins as a root complex", async () => {
    expect(await readl(type)).toBe(rootComplex);
  });

  it.each([
    ["the LTSSM is not enabled", async () => writel(ltssm, 0)],
    ["it is a root complex", async () => writel(type, rootComplex)],
    ["the PHY has no clock", async () => writel(clock, 0)],
    ["it is in reset", async () => writel(reset, coldReset)],
  ])("trains no link while %s", async (_why, spoil) => {
    expect(await pair.linkState()).toBe("down");
    await bringUp();
    expect(await pair.linkState()).toBe("waiting");
    await spoil();
    expect(await pair.linkState()).toBe("down");
  });

  it("resets the core with the PHY, and trains no link until the driver enables the LTSSM again", async () => {
    await bringUp();
    await pair.iatu.write("inbound", 0, "lowerTarget", 0x1_0000);
    await writel(reset, coldReset);
    // An access that nothing answers reads as zero to qtest.
    expect(await readl(dbi)).toBe(0);
    await writel(reset, 0);
    expect(await readl(dbi)).toBe(0xabcd_16c3);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(0);
    expect(await readl(ltssm)).toBe(0);
    expect(await pair.linkState()).toBe("down");
    await writel(ltssm, ltssmEnable);
    expect(await pair.linkState()).toBe("waiting");
  });

  it("has reset values after a reset of the machine, also while it was in reset itself", async () => {
    await bringUp();
    await writel(lutData1, lutValid | 5);
    await writel(lutControl, 5);
    await writel(reset, coldReset);
    expect(await readl(dbi)).toBe(0);
    await pair.endpoint.qmp.execute("system_reset");
    expect(await readl(dbi)).toBe(0xabcd_16c3);
    expect([await readl(reset), await readl(clock), await readl(lutData1)]).toEqual([0, 0, 0]);
    await writel(lutControl, lutRead | 5);
    expect(await readl(lutData1)).toBe(0);
    await writel(clock, clockEnable);
    expect(await readl(pll), "the PHY has yet to be reset").toBe(0);
  });

  it("loses the link with a reset of the machine", async () => {
    await bringUp();
    expect(await pair.linkState()).toBe("waiting");
    await pair.endpoint.qmp.execute("system_reset");
    expect(await pair.linkState()).toBe("down");
  });

  it("has a BAR 1 of 64 KiB, whatever its mask, and five that are as the driver makes them", async () => {
    const same = Array(6).fill(0xf_ffff);
    const megabyte = 0xfff0_0000;
    expect(await sizings(pair, same, [])).toEqual([
      ...[megabyte, 0xffff_0000, megabyte, megabyte, megabyte, megabyte],
    ]);
    expect(await readl(dbi2 + barAt(1))).toBe(0xffff);
  });

  it("has no BAR 1 while that is not enabled", async () => {
    expect(await sizings(pair, [0, 0xf_fffe], [])).toEqual([0, 0]);
    expect(await readl(dbi2 + barAt(1))).toBe(0xfffe);
  });

  it("has BAR 1 as the upper half of a BAR 0 of 64 bits, of any size", async () => {
    expect(await sizings(pair, [0xf_ffff, 0], [4, 0])).toEqual([0xfff0_0004, 0xffff_ffff]);
    expect(await sizings(pair, [0xffff_ffff, 3], [4, 0])).toEqual([4, 0xffff_fffc]);
    expect(await readl(dbi2 + barAt(1))).toBe(3);
  });

  it("has BAR 1 of its own size again when BAR 0 has 32 bits again", async () => {
    await sizings(pair, [0xffff_ffff, 0xf_ffff], [4, 0]);
    expect(await readl(dbi2 + barAt(1))).toBe(0xf_ffff);
    expect(await sizings(pair, [0xf_ffff], [0])).toEqual([0xfff0_0000]);
    expect(await readl(dbi2 + barAt(1))).toBe(0xffff);
  });

  it("maps no region finer than 4 KiB, and has no MSI-X", async () => {
    await pair.iatu.write("inbound", 0, "lowerTarget", 0xffff_ffff);
    expect(await pair.iatu.read("inbound", 0, "lowerTarget")).toBe(0xffff_f000);
    // PM, MSI, PCIe, and nothing behind it.
    expect((await readl(dbi + 0x70n)) & 0xffff).toBe(0x0010);
  });

  it("reads and writes entries of its table of streams through two registers", async () => {
    for (const entry of [3, 31]) {
      await writel(lutData1, entry);
      await writel(lutData2, 0x1_0007 * entry);
      await writel(lutControl, entry);
    }
    await writel(lutControl, lutRead | 3);
    expect([await readl(lutData1), await readl(lutData2)]).toEqual([3, 0x3_0015]);
    await writel(lutControl, lutRead | 4);
    expect([await readl(lutData1), await readl(lutData2)]).toEqual([0, 0]);
    await writel(lutControl, lutRead | 31);
    expect([await readl(lutData1), await readl(lutData2)]).toEqual([31, 0x1f_00d9]);
  });

  it("raises one interrupt for all channels", async () => {
    await bringUp();
    await expectOneInterrupt(pair);
  });
});

describe("MSI doorbells of an i.MX95", () => {
  const event = 5;
  const lpi = 8192 + 7;

  /** Whether the host's doorbell is an event of the device with this id, after entries of the table. */
  async function arrives(deviceId: number, entries: readonly (readonly [number, number])[]) {
    pair = await LinkedPair.start({ profile: "imx95", "msi-parent": "on" });
    try {
      await bringUp();
      await pair.implementBar(0, 0x1000);
      await pair.iatu.mapBar(0, 0, translater & ~0xfffn);
      for (const [n, [data1, data2]] of entries.entries()) {
        await writel(lutData1, data1);
        await writel(lutData2, data2);
        await writel(lutControl, n);
      }
      const bars = await pair.linkUp();
      const doorbell = (bars.get(0)?.address ?? 0n) + (translater & 0xfffn);
      await routeEvent(pair.endpoint.bus, { deviceId, event, lpi });
      await pair.host.bus.writel(doorbell, event);
      // The write is posted; the read behind it comes back when it has been made.
      await pair.host.bus.readl(doorbell);
      return await lpiPending(pair.endpoint.bus, lpi);
    } finally {
      await pair.stop();
    }
  }

  it.each([
    ["come as the table's stream", 0xff07, [[lutValid | 7, 7]], true],
    [
      "as that of the first entry that matches",
      0xff09,
      [
        [lutValid | 7, 0x1_ffff],
        [lutValid | 9, 7],
        [lutValid | 3, 7],
      ],
      true,
    ],
    [
      "by the bits of the requester's id that are compared",
      0xff07,
      [[lutValid | 7, 0x8_0007]],
      true,
    ],
    ["and not by an entry that is not valid", 0xff07, [[7, 7]], false],
    ["nor by one for another requester", 0xff07, [[lutValid | 7, 0x1_0007]], false],
    ["and are nobody's without an entry", 0xff00, [], false],
  ] as const)("%s", async (_what, deviceId, entries, expected) => {
    expect(await arrives(deviceId, entries)).toBe(expected);
  });
});
