// SPDX-License-Identifier: MIT
/** What the profile r-car-s4 adds to the core. Rules: Linux `drivers/pci/controller/dwc/pcie-rcar-gen4.c`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { data, startList, untilState, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";
import { config } from "./harness/root-complex.ts";

const registers = 0x0b00_0000n;
const app = registers + 0x3_0000n;
const resets = registers + 0x5_0000n;
const { dbi, dbi2 } = endpointMap;

const mode = app;
const resetControl = app + 0x14n;
const status = app + 0x84n;
const statusEnable = app + 0x310n;
const dmaEnable = app + 0x314n;

const ltssmEnable = 1;
const holdPhy = 1 << 16;
const rootComplex = 1 << 4;
const linkUp = (1 << 7) | (1 << 6);
const speedControl = dbi + 0x80cn;
const speedChange = 1 << 17;

let pair: LinkedPair;
const readl = (address: bigint) => pair.endpoint.bus.readl(address);
const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);

describe("profile r-car-s4", () => {
  beforeAll(async () => {
    pair = await LinkedPair.start({ profile: "r-car-s4" });
  });
  afterAll(() => pair?.stop());

  it("keeps the core in reset, where it does not answer, until the line is released", async () => {
    expect(await readl(dbi)).not.toBe(0xabcd_16c3);
    await writel(mode, 0);
    await writel(resets, 1);
    expect(await readl(dbi)).toBe(0xabcd_16c3);
  });

  it("gives the core its reset values when the line is asserted", async () => {
    await writel(dbi + 0x700n, 0x1234_5678);
    await writel(resets, 0);
    await writel(resets, 1);
    expect(await readl(dbi + 0x700n)).toBe(0);
  });

  it("has two resizable BARs, one of 256 bytes, and nothing else of its own", async () => {
    const masks = async () => {
      const all: number[] = [];
      for (let bar = 0n; bar < 6n; bar++) {
        await writel(dbi2 + 0x10n + 4n * bar, 0xffff);
        await pair.allowReadOnlyWrites(true);
        await writel(dbi + 0x10n + 4n * bar, 0);
        await pair.allowReadOnlyWrites(false);
        await writel(dbi + 0x10n + 4n * bar, 0xffff_ffff);
        all.push(await readl(dbi + 0x10n + 4n * bar));
        await writel(dbi2 + 0x10n + 4n * bar, 0);
      }
      return all;
    };
    expect(await masks()).toEqual([0xfff0_0000, 0, 0xfff0_0000, 0, 0xffff_ff00, 0]);
    expect((await readl(dbi + 0x148n)) & 0xffff, "Resizable BAR").toBe(0x15);
    expect(((await readl(dbi + 0x150n)) >>> 5) & 7, "entries").toBe(2);
    expect((await readl(dbi + 0x158n)) & 7, "the second one's BAR").toBe(2);
  });

  it("has no MSI-X", async () => {
    expect((await readl(dbi + 0x70n)) & 0xff00).toBe(0);
  });

  it.each([
    ["the PHY is held in reset", holdPhy | ltssmEnable, 0],
    ["the LTSSM is not enabled", 0, 0],
    ["it is a root complex", ltssmEnable, rootComplex],
  ])("trains no link while %s", async (_why, control, deviceType) => {
    await writel(mode, deviceType);
    await writel(resetControl, control);
    expect(await pair.linkState()).toBe("down");
  });

  it("finishes no change of speed without a link", async () => {
    await writel(mode, 0);
    await writel(resetControl, ltssmEnable);
    await writel(speedControl, speedChange);
    expect((await readl(speedControl)) & speedChange).toBe(speedChange);
    expect(await readl(status)).toBe(0);
  });

  describe("with a function plugged in", () => {
    beforeAll(async () => {
      await writel(dbi2 + 0x10n, 1);
      expect(await pair.linkState()).toBe("waiting");
      await pair.plugFunction();
      await pair.rootComplex.openRootPort();
      await pair.rootComplex.assignBars();
    });

    it("shows the link, and has finished the change of speed that was asked for", async () => {
      await eventually(() => readl(status), linkUp);
      expect((await readl(speedControl)) & speedChange).toBe(0);
      await writel(speedControl, speedChange);
      expect((await readl(speedControl)) & speedChange, "and the next one at once").toBe(0);
    });

    it("raises its own interrupt for what is enabled of the link's state", async () => {
      const app = () => pair.spi(9);
      expect(await app()).toBe(false);
      await writel(statusEnable, linkUp);
      await eventually(app, true);
      await writel(statusEnable, 0);
      await eventually(app, false);
    });

    it("raises one interrupt for all channels, as far as each is let through", async () => {
      const { cycle, localInterrupt } = control;
      const element = data("read", 64, cycle | localInterrupt);
      await startList(pair, "read", 2, [element, wrap]);
      await untilState(pair, "read", 2, "stopped");
      expect(await pair.spi(0)).toBe(false);
      await writel(dmaEnable, 0xffff & ~(1 << 10));
      expect(await pair.spi(0)).toBe(false);
      await writel(dmaEnable, 1 << 10);
      await eventually(() => pair.spi(0), true);
      expect(await pair.spi(6), "the channel has no line of its own").toBe(false);
      await pair.edma.write("intClear", "read", 1 << 2);
      await eventually(() => pair.spi(0), false);
    });

    it("shows that the host has gone", async () => {
      await pair.rootComplex.writeConfig(config.command, 0);
      await pair.setLink(false);
      await eventually(() => readl(status), 0);
    });
  });
});
