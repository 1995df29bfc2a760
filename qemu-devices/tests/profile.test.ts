// SPDX-License-Identifier: MIT
/** What the controller profiles add to the core. Rules: Linux `drivers/pci/controller/dwc/pcie-uniphier-ep.c`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { controllerSchema, profiles } from "../../orchestrator/scenario/topology/controller.ts";
import { lpiPending, routeEvent, translater } from "./harness/its.ts";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { config } from "./harness/root-complex.ts";

const registers = 0x0b00_0000n;
const glue = registers + 0x3_0000n;
const resets = registers + 0x5_0000n;
const zdma = registers + 0x6_0000n;

const rstctrl2 = glue + 0x24n;
const pipemon = glue + 0x44n;
const mode = glue + 0x8000n;
const ready = glue + 0x8008n;
const msi0 = glue + 0x8040n;
const msi1 = glue + 0x8044n;
const intx = glue + 0x8074n;

const clockAlive = 1 << 15;
const endpointMode = (1 << 8) | 1;
const ltssmEnable = 1;

/** The MSI capability's registers. */
const msi = {
  flags: 0x52,
  address: 0x54,
  addressHigh: 0x58,
  data: 0x5c,
  mask: 0x60,
  pending: 0x64,
};
const msiEnable = 1;

it("scenarios name the profiles that the device has", async () => {
  const refused = await LinkedPair.start({ profile: "none" }).then(
    (pair) => pair.stop(),
    (error: unknown) => String(error),
  );
  const known = /there is no profile 'none', only (.+)/.exec(refused ?? "")?.[1];
  expect(known?.split(", ")).toEqual([...profiles].sort());
});

it("a scenario that says nothing of the controller has the device's own defaults", async () => {
  const pair = await LinkedPair.start();
  const { qmp } = pair.endpoint;
  const listed = qmp.execute("device-list-properties", { typename: "dwc-pcie-ep" });
  const properties = (await listed.finally(() => pair.stop())) as {
    name: string;
    "default-value"?: unknown;
  }[];
  const device = new Map(properties.map(({ name, ...rest }) => [name, rest["default-value"]]));
  const { profile, "msi-doorbells": doorbells, dma, ...same } = controllerSchema.parse({});
  expect(device.get("msi-parent")).toBe(doorbells);
  expect(device.get("dma-coherent")).toBe(dma === "coherent");
  expect(profile).toBe("plat");
  for (const [name, value] of Object.entries(same)) {
    expect([name, device.get(name)]).toEqual([name, value === "on" ? true : value]);
  }
});

describe("profile uniphier-nx1", () => {
  let pair: LinkedPair;
  const readl = (address: bigint) => pair.endpoint.bus.readl(address);
  const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);

  beforeAll(async () => {
    pair = await LinkedPair.start({ profile: "uniphier-nx1", msix: "off" });
  });
  afterAll(() => pair?.stop());

  it("keeps its glue in reset until the line is released", async () => {
    await writel(mode, endpointMode);
    expect(await readl(mode)).toBe(0);
    expect((await readl(pipemon)) & clockAlive).toBe(0);
    await writel(resets, 1);
    expect(await readl(resets)).toBe(1);
    await writel(mode, endpointMode);
    expect(await readl(mode)).toBe(endpointMode);
  });

  it("shows the PHY's clock alive unless the PHY is in reset", async () => {
    expect((await readl(pipemon)) & clockAlive).toBe(clockAlive);
    await writel(rstctrl2, 1);
    expect((await readl(pipemon)) & clockAlive).toBe(0);
    await writel(rstctrl2, 0);
    expect((await readl(pipemon)) & clockAlive).toBe(clockAlive);
  });

  it("trains no link in the mode of a root complex", async () => {
    await writel(mode, 1 << 8);
    await writel(ready, ltssmEnable);
    expect(await pair.linkState()).toBe("down");
    await writel(ready, 0);
    await writel(mode, endpointMode);
    expect(await pair.linkState()).toBe("down");
  });

  it("trains the link when the LTSSM is enabled, and only while it is", async () => {
    await writel(ready, ltssmEnable);
    expect(await pair.linkState()).toBe("waiting");
    await writel(ready, 0);
    expect(await pair.linkState()).toBe("down");
  });

  it("needs the LTSSM and the other end plugged in", async () => {
    await pair.setLink(false);
    await writel(ready, ltssmEnable);
    expect(await pair.linkState()).toBe("down");
    await pair.setLink(true);
    expect(await pair.linkState()).toBe("waiting");
  });

  describe("with a function plugged in", () => {
    beforeAll(async () => {
      await pair.plugFunction();
      await pair.rootComplex.openRootPort();
      await pair.rootComplex.enable();
    });

    /** The interrupt pin's state as the host's configuration space says it: the status register's bit 3. */
    async function interruptStatus(): Promise<boolean> {
      return (((await pair.rootComplex.readConfig(config.command)) >>> 19) & 1) === 1;
    }

    it("raises and lowers INTA with the level of its register", async () => {
      await writel(intx, 1);
      await expect.poll(interruptStatus).toBe(true);
      await writel(intx, 0);
      await expect.poll(interruptStatus).toBe(false);
      expect((await pair.stats()).intx).toBe(1);
    });

    it("shows INTA in the status register of both ends until it has fallen at the host", async () => {
      const here = async () => ((await readl(registers + 4n)) >>> 19) & 1;
      expect(await here()).toBe(0);
      await writel(intx, 1);
      expect(await here()).toBe(1);
      expect(await interruptStatus()).toBe(true);
      await writel(intx, 0);
      await writel(intx, 1);
      await writel(intx, 0);
      await expect.poll(here).toBe(0);
      expect(await interruptStatus()).toBe(false);
    });

    const message = ramBase + 0x4000n;

    async function enableMsi(log2Vectors: number): Promise<void> {
      const { rootComplex: host } = pair;
      await host.writeConfig(msi.address, Number(message));
      await host.writeConfig(msi.addressHigh, 0);
      await host.writeConfig(msi.data, 0x40);
      await host.writeConfig(msi.flags & ~3, ((log2Vectors << 4) | msiEnable) << 16);
    }

    async function request(vector: number): Promise<void> {
      await writel(msi0, vector);
      await writel(msi1, (await readl(msi1)) | 1);
    }

    it("sends the MSI it is asked for, its vector in the low bits of the data", async () => {
      await enableMsi(2);
      await request(3);
      await expect.poll(() => pair.host.bus.readl(message)).toBe(0x43);
      expect(await readl(msi1), "the request is taken at once").toBe(0);
      await request(1);
      await expect.poll(() => pair.host.bus.readl(message)).toBe(0x41);
      expect((await pair.stats()).msi).toBe(2);
    });

    it("sends no vector beyond those the host enabled", async () => {
      await pair.host.bus.writel(message, 0);
      await request(4);
      await request(2);
      await expect.poll(() => pair.host.bus.readl(message)).toBe(0x42);
      expect((await pair.stats()).msi).toBe(3);
    });

    it("holds a masked vector back as pending and sends it when it is unmasked", async () => {
      const { rootComplex: host } = pair;
      await host.writeConfig(msi.mask, 1 << 1);
      await pair.host.bus.writel(message, 0);
      await request(1);
      await expect.poll(() => host.readConfig(msi.pending)).toBe(1 << 1);
      expect(await pair.host.bus.readl(message)).toBe(0);
      await host.writeConfig(msi.mask, 0);
      await expect.poll(() => pair.host.bus.readl(message)).toBe(0x41);
      await expect.poll(() => host.readConfig(msi.pending)).toBe(0);
    });

    it("holds back what the endpoint masks, and sends it when the endpoint lifts the mask", async () => {
      const { rootComplex: host } = pair;
      await writel(registers + BigInt(msi.mask), 1 << 1);
      expect(await host.readConfig(msi.mask)).toBe(1 << 1);
      await pair.host.bus.writel(message, 0);
      await request(1);
      await expect.poll(() => host.readConfig(msi.pending)).toBe(1 << 1);
      expect(await readl(registers + BigInt(msi.pending))).toBe(1 << 1);
      expect(await pair.host.bus.readl(message)).toBe(0);
      await writel(registers + BigInt(msi.mask), 0);
      await expect.poll(() => pair.host.bus.readl(message)).toBe(0x41);
      await expect.poll(() => host.readConfig(msi.pending)).toBe(0);
    });

    it("sends nothing while MSI is off", async () => {
      const before = (await pair.stats()).msi;
      await pair.rootComplex.writeConfig(msi.flags & ~3, 0);
      await request(0);
      expect((await pair.stats()).msi).toBe(before);
    });

    it("takes the link down when its reset line is asserted", async () => {
      await writel(resets, 0);
      expect(await pair.linkState()).toBe("down");
      expect(await readl(mode)).toBe(0);
    });
  });
});

describe("a controller without eDMA, with a memory-to-memory engine", () => {
  let pair: LinkedPair;
  beforeAll(async () => {
    pair = await LinkedPair.start({ "wr-channels": 0, "rd-channels": 0, "memcpy-engine": "on" });
  });
  afterAll(() => pair?.stop());

  const control2 = zdma + 0x200n;
  const status = zdma + 0x100n;
  const enableInterrupts = zdma + 0x108n;
  const done = 1 << 10;

  /** A transfer of `length` bytes in the engine's simple mode: QEMU `hw/dma/xlnx-zdma.c`. */
  async function copy(from: bigint, to: bigint, length: number): Promise<void> {
    const { bus } = pair.endpoint;
    const half = (value: bigint) => [Number(value & 0xffff_ffffn), Number(value >> 32n)] as const;
    for (const [register, address] of [
      [0x128n, from],
      [0x138n, to],
    ] as const) {
      const [low, high] = half(address);
      await bus.writel(zdma + register, low);
      await bus.writel(zdma + register + 4n, high);
      await bus.writel(zdma + register + 8n, length);
    }
    await bus.writel(enableInterrupts, done);
    await bus.writel(control2, 1);
  }

  const pattern = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) & 0xff));

  it("copies within the endpoint's memory and raises its interrupt", async () => {
    const { bus } = pair.endpoint;
    await bus.write(ramBase + 0x1_0003n, pattern);
    await copy(ramBase + 0x1_0003n, ramBase + 0x2_0001n, pattern.length);
    expect(await bus.read(ramBase + 0x2_0001n, pattern.length)).toEqual(pattern);
    expect((await bus.readl(status)) & done).toBe(done);
    expect(await pair.line("write", 0), "the first line after the eDMA's none").toBe(true);
    await bus.writel(status, done);
    expect(await pair.line("write", 0)).toBe(false);
  });

  it("reaches the host's memory through the outbound window, both ways", async () => {
    const outbound = 0x60_0000_0000n;
    await pair.implementBar(0, 0x1000);
    await pair.linkUp();
    await pair.iatu.mapOutbound(0, outbound, 0x10_0000n, ramBase + 0x10_0000n);
    await pair.host.bus.write(ramBase + 0x10_0000n, pattern);
    await copy(outbound, ramBase + 0x3_0000n, pattern.length);
    expect(await pair.endpoint.bus.read(ramBase + 0x3_0000n, pattern.length)).toEqual(pattern);
    await copy(ramBase + 0x3_0000n, outbound + 0x8_0000n, pattern.length);
    expect(await pair.host.bus.read(ramBase + 0x18_0000n, pattern.length)).toEqual(pattern);
  });
});

describe("MSI doorbells", () => {
  const deviceId = 0xff00;
  const lpi = 8192 + 7;

  /** An endpoint whose BAR 0 shows the ITS's translation frame, and the frame's register as the host sees it. */
  async function start() {
    const pair = await LinkedPair.start({ "msi-parent": "on" });
    await pair.implementBar(0, 0x1000);
    await pair.iatu.mapBar(0, 0, translater & ~0xfffn);
    const bars = await pair.linkUp();
    return { pair, doorbell: (bars.get(0)?.address ?? 0n) + (translater & 0xfffn) };
  }

  it("reach the endpoint's ITS with the controller's device id", async () => {
    const { pair, doorbell } = await start();
    try {
      await routeEvent(pair.endpoint.bus, { deviceId, event: 5, lpi });
      await pair.host.bus.writel(doorbell, 5);
      await expect.poll(() => lpiPending(pair.endpoint.bus, lpi)).toBe(true);
    } finally {
      await pair.stop();
    }
  });

  it("are nobody else's events", async () => {
    const { pair, doorbell } = await start();
    try {
      await routeEvent(pair.endpoint.bus, { deviceId: 0, event: 5, lpi });
      await pair.host.bus.writel(doorbell, 5);
      // The write is posted; the read behind it comes back when it has been made.
      await pair.host.bus.readl(doorbell);
      expect(await lpiPending(pair.endpoint.bus, lpi)).toBe(false);
    } finally {
      await pair.stop();
    }
  });
});
