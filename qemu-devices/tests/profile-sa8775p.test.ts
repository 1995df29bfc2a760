// SPDX-License-Identifier: MIT
/** The SA8775P's glue. Rules: Linux `drivers/pci/controller/dwc/pcie-qcom-ep.c`. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { data, wrap } from "./harness/dma.ts";
import { control } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { allEvents, setup } from "./harness/hdma.ts";
import { HdmaPair } from "./harness/hdma-pair.ts";
import { LinkedPair } from "./harness/linked-pair.ts";
import {
  busMaster,
  debugInterrupts,
  deviceType,
  intClear,
  intMask,
  intStatus,
  linkDown,
  linkUp,
  ltssm,
  ltssmEnable,
  parf,
  powerState,
  registers,
  resets,
} from "./harness/sa8775p.ts";

const dbi = registers;
const elbi = registers + 0x8_0000n;
const gpio = registers + 0xa_0000n;

const systemStatus = elbi + 0x08n;
const chipSelect2 = elbi + 0xa4n;

const engineInterrupts = 1 << 22;
const xmlhLinkUp = 1 << 10;

/** Lines of the controller, behind room for one a channel: "global", "doorbell", the GPIO block's. */
const globalLine = 16;
const gpioLine = 18;

const properties = { profile: "sa8775p" };

describe("profile sa8775p", () => {
  let pair: LinkedPair;
  const readl = (address: bigint) => pair.endpoint.bus.readl(address);
  const writel = (address: bigint, value: number) => pair.endpoint.bus.writel(address, value);
  const line = (number: number) => pair.spi(number);

  beforeAll(async () => {
    pair = await LinkedPair.start(properties);
  });
  afterAll(() => pair?.stop());
  beforeEach(async () => {
    await pair.setLink(true);
    await writel(resets, 1);
    await writel(deviceType, 0);
    await writel(ltssm, 0);
    await writel(intMask, 0);
    await writel(intClear, 0xffff_ffff);
  });

  it("stores what its driver only writes", async () => {
    await writel(parf + 0x2c00n, 1);
    expect(await readl(parf + 0x2c00n)).toBe(1);
  });

  it("shows DBI2 at DBI's addresses while ELBI says so", async () => {
    await writel(chipSelect2, 1);
    await writel(dbi + 0x10n, 0xffff);
    expect(await readl(dbi + 0x10n)).toBe(0xffff);
    await writel(chipSelect2, 0);
    expect((await readl(dbi + 0x10n)) & 0xffff).not.toBe(0xffff);
    expect(await readl(dbi)).toBe(0xabcd_16c3);
    await writel(chipSelect2, 1);
    await writel(dbi + 0x10n, 0);
    await writel(chipSelect2, 0);
  });

  it("trains the link when PARF enables the LTSSM, as an endpoint alone", async () => {
    await writel(deviceType, 4);
    await writel(ltssm, ltssmEnable);
    expect(await pair.linkState()).toBe("down");
    await writel(deviceType, 0);
    expect(await pair.linkState()).toBe("waiting");
    await writel(ltssm, 0);
    expect(await pair.linkState()).toBe("down");
  });

  describe("with a host", () => {
    let gone: Promise<void>;
    beforeAll(async () => {
      await writel(resets, 1);
      await writel(deviceType, 0);
    });
    beforeEach(async () => {
      await writel(intMask, linkDown | busMaster | powerState | linkUp);
      await writel(debugInterrupts, 6);
      await writel(ltssm, ltssmEnable);
      gone = pair.functionDeleted();
      await pair.plugFunction();
      await pair.rootComplex.openRootPort();
      await eventually(() => readl(intStatus), linkUp);
    });
    afterEach(async () => {
      await pair.setLink(false);
      await gone;
    });

    it("tells that the link came up, until that is cleared", async () => {
      expect(await readl(systemStatus)).toBe(xmlhLinkUp);
      expect(await line(globalLine)).toBe(true);
      await writel(intMask, linkDown);
      expect(await line(globalLine)).toBe(false);
      await writel(intMask, linkUp);
      expect(await line(globalLine)).toBe(true);
      await writel(intStatus, 0);
      expect(await readl(intStatus)).toBe(linkUp);
      await writel(intClear, ~linkUp >>> 0);
      expect(await readl(intStatus)).toBe(linkUp);
      await writel(intClear, linkUp);
      expect(await readl(intStatus)).toBe(0);
      expect(await line(globalLine)).toBe(false);
    });

    it("tells that the host lets it master the bus, each time, and not of the end", async () => {
      const { rootComplex } = pair;
      await writel(intClear, linkUp);
      await rootComplex.enable();
      await eventually(() => readl(intStatus), busMaster);
      await writel(intClear, busMaster);
      await rootComplex.disableBusMaster();
      await rootComplex.enable();
      await eventually(() => readl(intStatus), busMaster);
      await writel(intClear, busMaster);
      await rootComplex.disableBusMaster();
      await writel(debugInterrupts, 2);
      await rootComplex.enable();
      await rootComplex.writeConfig(0x44, 3);
      await eventually(() => readl(intStatus), powerState);
    });

    it("tells of D states, unless that is switched off", async () => {
      await writel(intClear, linkUp);
      await pair.rootComplex.writeConfig(0x44, 3);
      await eventually(() => readl(intStatus), powerState);
      expect((await readl(dbi + 0x44n)) & 3).toBe(3);
      await writel(intClear, powerState);
      await writel(debugInterrupts, 4);
      await pair.rootComplex.writeConfig(0x44, 0);
      await pair.rootComplex.enable();
      await eventually(() => readl(intStatus), busMaster);
      await writel(intClear, busMaster);
      expect(await readl(intStatus)).toBe(0);
    });

    it("tells of one event after the other, as the driver takes them", async () => {
      await pair.rootComplex.writeConfig(0x44, 3);
      await pair.rootComplex.enable();
      // What is asked of the host's QEMU afterwards comes later than what is told of its writes.
      expect(await readl(intStatus)).toBe(linkUp);
      await writel(intClear, linkUp);
      await eventually(() => readl(intStatus), busMaster);
      await writel(intClear, busMaster);
      await eventually(() => readl(intStatus), powerState);
    });

    it("tells of a hot reset as down and then up", async () => {
      await writel(intClear, linkUp);
      await pair.rootComplex.resetSecondaryBus();
      await eventually(() => readl(intStatus), linkDown);
      await writel(intClear, linkDown);
      await eventually(() => readl(intStatus), linkUp);
      await writel(intClear, linkUp);
      await pair.rootComplex.enable();
      await eventually(() => readl(intStatus), busMaster);
    });

    it("tells that the link went down, and no more of what was before", async () => {
      await pair.rootComplex.enable();
      await pair.setLink(false);
      await eventually(() => readl(intStatus), linkDown | linkUp);
      expect(await readl(systemStatus)).toBe(0);
      await writel(intClear, linkDown | linkUp);
      expect(await readl(intStatus)).toBe(0);
    });

    it("trains no link after PERST# until the driver enables the LTSSM again", async () => {
      await pair.setLink(false);
      await gone;
      expect(await readl(ltssm)).toBe(0);
      await pair.setLink(true);
      expect(await pair.linkState()).toBe("down");
      await writel(ltssm, ltssmEnable);
      expect(await pair.linkState()).toBe("waiting");
    });
  });

  it("has PERST# at a pin that is high while the ends are plugged together", async () => {
    const [enable, type, polarity, state] = [0x30n, 0x38n, 0x3cn, 0x40n] as const;
    const pin = gpio + 0x50n;
    expect(await readl(pin)).toBe(1);
    await writel(gpio + type, 0);
    await writel(gpio + polarity, 0);
    await writel(gpio + enable, 1);
    expect(await line(gpioLine)).toBe(false);
    await pair.setLink(false);
    expect(await readl(pin)).toBe(0);
    expect(await readl(gpio + state)).toBe(1);
    expect(await line(gpioLine)).toBe(true);
    // As its driver does, once it has seen the one level it waits for the other.
    await writel(gpio + polarity, 1);
    expect(await line(gpioLine)).toBe(false);
    await pair.setLink(true);
    expect(await line(gpioLine)).toBe(true);
    await writel(gpio + 0x34n, 1);
    expect(await line(gpioLine)).toBe(false);
    await writel(gpio + 0x34n, 0);
    await writel(gpio + enable, 0);
    expect(await line(gpioLine)).toBe(false);
  });

  it("tells of an edge of PERST# until it is ended", async () => {
    await writel(gpio + 0x38n, 1);
    await writel(gpio + 0x3cn, 0);
    await writel(gpio + 0x4cn, 1);
    await writel(gpio + 0x30n, 1);
    await pair.setLink(false);
    expect(await line(gpioLine)).toBe(true);
    await pair.setLink(true);
    expect(await line(gpioLine)).toBe(true);
    await writel(gpio + 0x4cn, 1);
    expect(await line(gpioLine)).toBe(false);
    // The other edge is none that was asked for.
    await pair.setLink(false);
    await writel(gpio + 0x4cn, 1);
    await pair.setLink(true);
    expect(await line(gpioLine)).toBe(false);
    await writel(gpio + 0x30n, 0);
  });

  it("has core and PARF reset by the line, and neither answers meanwhile", async () => {
    await writel(ltssm, ltssmEnable);
    await writel(debugInterrupts, 5);
    await writel(chipSelect2, 1);
    await pair.allowReadOnlyWrites(true);
    await writel(registers + 0x4_0014n, 0x55);
    await writel(resets, 0);
    expect(await pair.linkState()).toBe("down");
    expect(await readl(dbi)).not.toBe(0xabcd_16c3);
    await writel(debugInterrupts, 5);
    expect(await readl(debugInterrupts)).toBe(0);
    await writel(resets, 1);
    expect(await pair.linkState()).toBe("down");
    expect(await readl(deviceType)).toBe(4);
    expect(await readl(dbi)).toBe(0xabcd_16c3);
    expect(await readl(chipSelect2)).toBe(0);
    expect(await readl(registers + 0x4_0014n)).toBe(0);
  });

  it("has no MSI-X capability behind that of PCIe", async () => {
    expect(((await readl(dbi + 0x70n)) >>> 8) & 0xff).toBe(0);
  });

  it("has two BARs of 64 bits, and two of its driver's making", async () => {
    const sizing = async (bar: bigint) => {
      await writel(chipSelect2, 1);
      await writel(dbi + 0x10n + 4n * bar, 0xffff);
      await writel(chipSelect2, 0);
      await writel(dbi + 0x10n + 4n * bar, 0xffff_ffff);
      return (await readl(dbi + 0x10n + 4n * bar)) >>> 0;
    };
    expect(await sizing(0n)).toBe(0xffff_0004);
    expect(await sizing(2n)).toBe(0xffff_0004);
    expect(await sizing(4n)).toBe(0xffff_0000);
    expect(await sizing(5n)).toBe(0xffff_0000);
  });
});

it("all channels of its HDMA share one line", async () => {
  const pair = await LinkedPair.start(properties);
  try {
    await pair.endpoint.bus.writel(resets, 1);
    await pair.endpoint.bus.writel(deviceType, 0);
    await pair.endpoint.bus.writel(intMask, engineInterrupts);
    await pair.endpoint.bus.writel(ltssm, ltssmEnable);
    await pair.plugFunction();
    await pair.rootComplex.openRootPort();
    await pair.rootComplex.enable();
    const engine = HdmaPair.of(pair);
    for (const [direction, channel] of [
      ["write", 5],
      ["read", 7],
    ] as const) {
      await engine.hdma.write("intSetup", direction, channel, setup.localStop);
      await engine.startList(direction, channel, [data(direction, 64, control.cycle), wrap]);
      await engine.untilState(direction, channel, "stopped");
    }
    await eventually(() => pair.line("write", 0), true);
    await engine.hdma.write("intClear", "write", 5, allEvents);
    expect(await pair.line("write", 0)).toBe(true);
    await pair.endpoint.bus.writel(intMask, 0);
    expect(await pair.line("write", 0)).toBe(false);
    await pair.endpoint.bus.writel(intMask, engineInterrupts);
    expect(await pair.line("write", 0)).toBe(true);
    await engine.hdma.write("intClear", "read", 7, allEvents);
    expect(await pair.line("write", 0)).toBe(false);
  } finally {
    await pair.stop();
  }
});

describe("profile sa8775p, joined events not forgiven", () => {
  it("shows both halves of a hot reset at once", async () => {
    const pair = await LinkedPair.start({ ...properties, "forgive-joined-events": "off" });
    try {
      const { bus } = pair.endpoint;
      await bus.writel(resets, 1);
      await bus.writel(deviceType, 0);
      await bus.writel(intMask, linkDown | linkUp);
      await bus.writel(ltssm, ltssmEnable);
      await pair.setLink(true);
      await pair.plugFunction();
      await pair.rootComplex.openRootPort();
      await eventually(() => bus.readl(intStatus), linkUp);
      await bus.writel(intClear, linkUp);
      await pair.rootComplex.resetSecondaryBus();
      await eventually(() => bus.readl(intStatus), linkDown | linkUp);
    } finally {
      await pair.stop();
    }
  });
});
