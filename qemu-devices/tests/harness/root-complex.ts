// SPDX-License-Identifier: MIT
/**
 * What a host's firmware or kernel does to reach the function: configuration accesses through the
 * ECAM of QEMU's `virt` machine, bus numbers and a memory window in the root port, BAR addresses.
 */
import type { Qtest } from "./qtest.ts";

/** The high ECAM of `virt`: QEMU `hw/arm/virt.c`, one page a function. */
const ecamBase = 0x40_1000_0000n;
/** The 32-bit PCIe window of `virt`. */
const mmioBase = 0x1000_0000n;
const mmioLimit = 0x2fff_ffffn;
const functionBus = 1;

export const config = {
  vendor: 0x00,
  device: 0x02,
  command: 0x04,
  bar0: 0x10,
  busNumbers: 0x18,
  memoryWindow: 0x20,
  capabilities: 0x34,
} as const;

const memoryEnable = 1 << 1;
const busMasterEnable = 1 << 2;

const bridgeControl = 0x3e;
const secondaryBusReset = 1 << 6;

const expressCapability = 0x10;
const linkStatus = 0x12;
const linkActive = 1 << 13;
const slotControl = 0x18;
const slotStatus = 0x1a;
const presenceDetectChanged = 1 << 3;
const presenceDetect = 1 << 6;
/** Power controller control 0 (on), power indicator on, attention indicator off. */
const slotPowerOn = (1 << 8) | (3 << 6);

export class RootComplex {
  readonly #bus: Qtest;
  readonly #rootPort: number;
  readonly #function: number;

  /** `rootPort`: the port's device number on bus 0; `of`: the function that is accessed behind it. */
  constructor(bus: Qtest, rootPort: number, of = 0) {
    this.#bus = bus;
    this.#rootPort = rootPort;
    this.#function = of;
  }

  /** The same for another function of the card. */
  of(number: number): RootComplex {
    return new RootComplex(this.#bus, this.#rootPort, number);
  }

  readConfig(register: number): Promise<number> {
    return this.#bus.readl(this.#at(register));
  }

  writeConfig(register: number, value: number): Promise<void> {
    return this.#bus.writel(this.#at(register), value);
  }

  /** A register of the root port's own. */
  readPort(register: number): Promise<number> {
    return this.#bus.readl(address(0, this.#rootPort, register));
  }

  writePort(register: number, value: number): Promise<void> {
    return this.#bus.writel(address(0, this.#rootPort, register), value);
  }

  portCapability(wanted: number): Promise<number> {
    return this.#findCapability(0, this.#rootPort, wanted);
  }

  /** Powers the slot on and routes bus 1 and the 32-bit window through the root port. */
  async openRootPort(): Promise<void> {
    await this.#powerSlot();
    const port = (register: number) => address(0, this.#rootPort, register);
    await this.#bus.writel(port(config.busNumbers), (functionBus << 16) | (functionBus << 8));
    const window =
      (Number((mmioLimit >> 16n) & 0xfff0n) << 16) | Number((mmioBase >> 16n) & 0xfff0n);
    await this.#bus.writel(port(config.memoryWindow), window);
    await this.#bus.writew(port(config.command), memoryEnable | busMasterEnable);
  }

  /** QEMU's root port keeps a hot-plugged function dark until the slot's power controller is on. */
  async #powerSlot(): Promise<void> {
    const express = await this.#findCapability(0, this.#rootPort, expressCapability);
    await this.#bus.writew(address(0, this.#rootPort, express + slotControl), slotPowerOn);
  }

  /** What the root port says about its slot and link (PCIe base specification, 7.5.3). */
  async slot(): Promise<{ present: boolean; presenceChanged: boolean; linkActive: boolean }> {
    const express = await this.#findCapability(0, this.#rootPort, expressCapability);
    const status = await this.#bus.readw(address(0, this.#rootPort, express + slotStatus));
    const link = await this.#bus.readw(address(0, this.#rootPort, express + linkStatus));
    return {
      present: (status & presenceDetect) !== 0,
      presenceChanged: (status & presenceDetectChanged) !== 0,
      linkActive: (link & linkActive) !== 0,
    };
  }

  /** Where the root port's slot control is in the host's memory. */
  async slotControlAddress(): Promise<bigint> {
    const express = await this.#findCapability(0, this.#rootPort, expressCapability);
    return address(0, this.#rootPort, express + slotControl);
  }

  /** Acknowledges the event, as pciehp does. */
  async clearPresenceChanged(): Promise<void> {
    const express = await this.#findCapability(0, this.#rootPort, expressCapability);
    await this.#bus.writew(address(0, this.#rootPort, express + slotStatus), presenceDetectChanged);
  }

  async #findCapability(bus: number, device: number, wanted: number, of = 0): Promise<number> {
    let at = (await this.#bus.readl(address(bus, device, config.capabilities, of))) & 0xfc;
    while (at !== 0) {
      const header = await this.#bus.readl(address(bus, device, at, of));
      if ((header & 0xff) === wanted) return at;
      at = (header >>> 8) & 0xfc;
    }
    throw new Error(`expected capability ${wanted} at bus ${bus} device ${device}, found none`);
  }

  /**
   * Gives every implemented 32-bit BAR an address, upwards of `from`, and enables the function.
   * Returns each BAR's address and size; a BAR that is not implemented is absent.
   */
  async assignBars(from = mmioBase): Promise<Map<number, { address: bigint; size: bigint }>> {
    const bars = new Map<number, { address: bigint; size: bigint }>();
    let next = from;
    for (let bar = 0; bar < 6; bar++) {
      const register = config.bar0 + bar * 4;
      await this.writeConfig(register, 0xffff_ffff);
      const mask = (await this.readConfig(register)) & ~0xf;
      if (mask === 0) continue;
      const size = BigInt(~mask >>> 0) + 1n;
      const at = (next + size - 1n) & ~(size - 1n);
      await this.writeConfig(register, Number(at));
      bars.set(bar, { address: at, size });
      next = at + size;
    }
    await this.enable();
    return bars;
  }

  /** Where the function's capability `wanted` is. */
  functionCapability(wanted: number): Promise<number> {
    return this.#findCapability(functionBus, 0, wanted, this.#function);
  }

  #at(register: number): bigint {
    return address(functionBus, 0, register, this.#function);
  }

  /** A 16-bit configuration write to the function. */
  writeConfigWord(register: number, value: number): Promise<void> {
    return this.#bus.writew(this.#at(register), value);
  }

  /** Secondary bus reset, asserted and released in the root port's bridge control. */
  async resetSecondaryBus(): Promise<void> {
    await Promise.all(this.resetSecondaryBusAtOnce());
  }

  /** The same, to be followed by others without waiting for it. */
  resetSecondaryBusAtOnce(): Promise<void>[] {
    const register = address(0, this.#rootPort, bridgeControl);
    return [this.#bus.writew(register, secondaryBusReset), this.#bus.writew(register, 0)];
  }

  /** Memory decoding and bus mastering on. */
  enable(): Promise<void> {
    return this.#bus.writew(this.#at(config.command), memoryEnable | busMasterEnable);
  }

  /** Memory decoding on, bus mastering off: the function may not send requests. */
  disableBusMaster(): Promise<void> {
    return this.#bus.writew(this.#at(config.command), memoryEnable);
  }
}

function address(bus: number, device: number, register: number, of = 0): bigint {
  return ecamBase + BigInt((bus << 20) | (device << 15) | (of << 12) | register);
}
