// SPDX-License-Identifier: MIT
/**
 * The controller's configuration space as its own CPUs see it.
 * Rules: Linux `drivers/pci/controller/dwc/pcie-designware{,-ep}.[ch]`, PCIe base specification.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

const { dbi, dbi2 } = endpointMap;
const bar = (n: number) => BigInt(0x10 + 4 * n);

let pair: LinkedPair;
const readl = (address: bigint) => pair.endpoint.bus.readl(address);
const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);

async function unlocked<T>(action: () => Promise<T>): Promise<T> {
  await pair.allowReadOnlyWrites(true);
  try {
    return await action();
  } finally {
    await pair.allowReadOnlyWrites(false);
  }
}

/** What the host finds out about BAR `n` by writing ones: address bits and type. */
async function sizing(n: number): Promise<number> {
  await writel(dbi + bar(n), 0xffff_ffff);
  const value = await readl(dbi + bar(n));
  await writel(dbi + bar(n), 0);
  return value >>> 0;
}

describe("DBI", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start();
  });
  afterAll(() => pair?.stop());

  it("starts with the core's own ids, a capability list and an interrupt pin", async () => {
    expect(await readl(dbi)).toBe(0xabcd_16c3);
    expect((await readl(dbi + 0x04n)) >>> 20).toBe(1);
    expect((await readl(dbi + 0x3cn)) >>> 8).toBe(1);
  });

  it("keeps read-only bits until DBI_RO_WR_EN is set", async () => {
    await writel(dbi, 0x0809_1957);
    expect(await readl(dbi)).toBe(0xabcd_16c3);
    await unlocked(() => writel(dbi, 0x0809_1957));
    expect(await readl(dbi)).toBe(0x0809_1957);
    await writel(dbi, 0);
    expect(await readl(dbi)).toBe(0x0809_1957);
  });

  it.each([
    [0x04, "status: a capability list", 1 << 20],
    [0x0c, "the header's type", 0x7f << 16],
    [0x40, "the id of a capability", 0xff],
    [0x64, "pending bits of MSI", 0xffff_ffff],
    [0x80, "the link's speed and width", 0x3ff << 16],
    [0x300, "no register", 0xffff_ffff],
  ])("keeps what DBI_RO_WR_EN does not open: 0x%s, %s", async (register, _what, bits) => {
    const at = dbi + BigInt(register);
    const before = await readl(at);
    await unlocked(() => writel(at, (before ^ bits) >>> 0));
    expect(await readl(at)).toBe(before);
  });

  it("opens what drivers write with DBI_RO_WR_EN", async () => {
    for (const [register, bits] of [
      [0x08, 0xffff_ffff],
      [0x2c, 0xffff_ffff],
      [0x3c, 0x0000_ff00],
      [0x50, 0x000e_0000],
      [0x7c, 0x0000_03ff],
      [0xb0, 0x07ff_0000],
      [0xb4, 0xffff_ffff],
    ] as const) {
      const at = dbi + BigInt(register);
      const before = await readl(at);
      await unlocked(() => writel(at, (before ^ bits) >>> 0));
      expect(await readl(at), register.toString(16)).toBe((before ^ bits) >>> 0);
      await unlocked(() => writel(at, before));
    }
  });

  it("opens all with DBI_RO_WR_EN where that is forgiven", async () => {
    const forgiving = await LinkedPair.start({ "forgive-read-only": "on" });
    try {
      await forgiving.allowReadOnlyWrites(true);
      await forgiving.endpoint.bus.writel(dbi + 0x64n, 0x5a5a_5a5a);
      expect(await forgiving.endpoint.bus.readl(dbi + 0x64n)).toBe(0x5a5a_5a5a);
    } finally {
      await forgiving.stop();
    }
  });

  it("writes single bytes and halves of a register and leaves the rest", async () => {
    await unlocked(async () => {
      await writel(dbi + 0x08n, 0x0102_0304);
      await pair.endpoint.bus.writeb(dbi + 0x0an, 0xaa);
      expect(await readl(dbi + 0x08n)).toBe(0x01aa_0304);
      await pair.endpoint.bus.writew(dbi + 0x0an, 0x0500);
      expect(await readl(dbi + 0x08n)).toBe(0x0500_0304);
      expect(await pair.endpoint.bus.readw(dbi + 0x0an)).toBe(0x0500);
    });
  });

  it("lets the endpoint write what the host could write, too, without unlocking", async () => {
    await writel(dbi + 0x04n, 0x0006);
    expect((await readl(dbi + 0x04n)) & 0xffff).toBe(0x0006);
    await writel(dbi + 0x04n, 0);
  });

  it("lists PM, MSI, PCIe and MSI-X, and each is walked once", async () => {
    expect(await capabilities()).toEqual([0x01, 0x05, 0x10, 0x11]);
  });

  it("says which version it is, unrolled, and whoever writes that changes nothing", async () => {
    for (const [register, value] of [
      [0x8f8n, 0x3536_322a],
      [0x8fcn, 0x6761_2a2a],
      [0x900n, 0xffff_ffff],
    ] as const) {
      expect(await readl(dbi + register)).toBe(value);
      await unlocked(() => writel(dbi + register, 0x1234_5678));
      expect(await readl(dbi + register)).toBe(value);
    }
  });

  it("stores the rest of port logic", async () => {
    await writel(dbi + 0x710n, 0x0007_0120);
    expect(await readl(dbi + 0x710n)).toBe(0x0007_0120);
  });

  it("shows the link up, LTSSM in L0, only while a host is there", async () => {
    const upBit = 1 << 4;
    expect((await readl(dbi + 0x72cn)) & upBit).toBe(0);
    expect((await readl(dbi + 0x728n)) & 0x3f).not.toBe(0x11);
    await pair.setLink(true);
    expect((await readl(dbi + 0x72cn)) & upBit).toBe(0);
    await pair.plugFunction();
    await expect.poll(async () => (await readl(dbi + 0x72cn)) & upBit).toBe(upBit);
    expect((await readl(dbi + 0x728n)) & 0x3f).toBe(0x11);
    await pair.setLink(false);
    await expect.poll(async () => (await readl(dbi + 0x72cn)) & upBit).toBe(0);
  });
});

async function capabilities(): Promise<number[]> {
  const found: number[] = [];
  let at = (await readl(dbi + 0x34n)) & 0xff;
  while (at !== 0 && found.length < 16) {
    const header = await readl(dbi + BigInt(at));
    found.push(header & 0xff);
    at = (header >>> 8) & 0xff;
  }
  return found;
}

describe("the capability list without MSI-X", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start({ msix: "off", "msi-vectors": 4 });
  });
  afterAll(() => pair?.stop());

  it("ends with PCIe", async () => {
    expect(await capabilities()).toEqual([0x01, 0x05, 0x10]);
    expect(await readl(dbi + 0xb0n)).toBe(0);
  });

  it("offers as many MSI vectors as the property says", async () => {
    expect(((await readl(dbi + 0x50n)) >>> 17) & 7).toBe(2);
  });
});

describe("BARs", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start();
  });
  afterAll(() => pair?.stop());

  it("are disabled at first: they read zero whatever is written", async () => {
    for (let n = 0; n < 6; n++) expect(await sizing(n)).toBe(0);
  });

  it("have the size that DBI2's mask gives, and its enable bit", async () => {
    await pair.implementBar(1, 0x4000);
    expect(await readl(dbi2 + bar(1))).toBe(0x3fff);
    expect(await sizing(1)).toBe(0xffff_c000);
    await writel(dbi2 + bar(1), 0x3ffe);
    expect(await sizing(1), "without the enable bit").toBe(0);
  });

  it("take their type only while DBI_RO_WR_EN is set", async () => {
    await pair.implementBar(0, 0x1000);
    await unlocked(() => writel(dbi + bar(0), 0x8));
    expect(await sizing(0)).toBe(0xffff_f008);
    await writel(dbi + bar(0), 0);
    expect(await readl(dbi + bar(0))).toBe(8);
  });

  it("of 64 bits take two registers and two masks", async () => {
    await unlocked(async () => {
      await writel(dbi2 + bar(2), 0xffff_ffff);
      await writel(dbi + bar(2), 0xc);
      await writel(dbi2 + bar(3), 0x1);
      await writel(dbi + bar(3), 0);
    });
    expect(await sizing(2)).toBe(0xc);
    expect(await sizing(3)).toBe(0xffff_fffe);
    await unlocked(async () => {
      await writel(dbi2 + bar(2), 0);
      await writel(dbi + bar(2), 0);
    });
    expect(await readl(dbi + bar(3)), "the upper half goes with the lower").toBe(0);
  });

  it("leave nothing behind in DBI2 but the masks", async () => {
    await writel(dbi2 + 0x40n, 0xffff_ffff);
    expect(await readl(dbi2 + 0x40n)).toBe(0);
    expect((await readl(dbi + 0x40n)) & 0xff).toBe(1);
  });
});

describe("BARs of a profile that has them 64 bits wide only", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start({ profile: "uniphier-nx1" });
  });
  afterAll(() => pair?.stop());

  it("keep their type against what the driver writes", async () => {
    await unlocked(async () => {
      await writel(dbi2 + bar(0), 0xfff);
      await writel(dbi + bar(0), 0);
      await writel(dbi2 + bar(1), 0);
      await writel(dbi + bar(1), 0);
    });
    expect(await sizing(0)).toBe(0xffff_f004);
    expect(await sizing(1)).toBe(0xffff_ffff);
  });

  it("are none where an upper half belongs", async () => {
    await unlocked(async () => {
      await writel(dbi2 + bar(3), 0xfff);
      await writel(dbi + bar(3), 0);
    });
    expect(await sizing(3)).toBe(0);
  });
});

describe("resizable BARs", () => {
  const capability = 0x148n;
  const cap = (entry: number) => dbi + capability + 4n + BigInt(8 * entry);
  const ctrl = (entry: number) => dbi + capability + 8n + BigInt(8 * entry);
  const size = async (entry: number) => ((await readl(ctrl(entry))) >>> 8) & 0x3f;

  beforeAll(async () => {
    pair = await LinkedPair.start({ "resizable-bars": "on" });
  });
  afterAll(() => pair?.stop());

  it("have an entry each in the extended capability, of 1 MiB at first", async () => {
    expect(await readl(dbi + capability)).toBe(0x0001_0015);
    expect(((await readl(ctrl(0))) >>> 5) & 7).toBe(6);
    for (let entry = 0; entry < 6; entry++) {
      expect((await readl(ctrl(entry))) & 7).toBe(entry);
      expect(await readl(cap(entry))).toBe(1 << 4);
      expect(await size(entry)).toBe(0);
    }
  });

  it("select the size whose bit the driver writes, as dw_pcie_ep_set_bar_resizable does", async () => {
    await unlocked(async () => {
      await writel(dbi2 + bar(0), 1);
      await writel(dbi + bar(0), 0);
      await writel(cap(0), 1 << 6);
    });
    expect(await size(0)).toBe(2);
    expect(await sizing(0)).toBe(0xffc0_0000);
  });

  it("keep the sizes offered while DBI_RO_WR_EN is clear", async () => {
    await writel(cap(0), 1 << 8);
    expect(await readl(cap(0))).toBe(1 << 6);
  });

  it("take another size that is offered, and no other", async () => {
    await unlocked(() => writel(cap(0), (1 << 4) | (1 << 8)));
    expect(await size(0)).toBe(0);
    await writel(ctrl(0), 4 << 8);
    expect(await size(0)).toBe(4);
    expect(await sizing(0)).toBe(0xff00_0000);
    await writel(ctrl(0), 3 << 8);
    expect(await size(0)).toBe(4);
  });

  it("have the mask's size where the driver gives one", async () => {
    await pair.implementBar(2, 0x2000);
    expect(await sizing(2)).toBe(0xffff_e000);
  });
});

describe("properties that cannot be", () => {
  const refused: readonly (readonly [string, string])[] = [
    [
      "profile=rcar",
      "there is no profile 'rcar', only imx8mq, imx95, keembay, plat, r-car-s4, rk3568, rk3588, sa8775p, stm32mp25, uniphier-nx1",
    ],
    ["wr-channels=9", "wr-channels and rd-channels must be 0 to 8, not 9 and 4"],
    ["ob-windows=0", "ib-windows and ob-windows must be 1 to 64, not 16 and 0"],
    ["msi-vectors=3", "msi-vectors must be 1, 2, 4, 8, 16 or 32, not 3"],
    ["irq-base=250", "irq-base 250 and 8 lines pass the machine's last interrupt, 255"],
    [`irq-base=${2 ** 32 - 4}`, "irq-base 4294967292 and 8 lines pass the machine's last"],
  ];
  it.each(refused)("%s is refused with the reason", async (property, reason) => {
    const [name = "", value = ""] = property.split("=");
    await expect(LinkedPair.start({ [name]: value })).rejects.toThrow(reason);
  });
});
