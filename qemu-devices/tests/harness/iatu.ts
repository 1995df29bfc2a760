// SPDX-License-Identifier: MIT
/**
 * The unrolled iATU as a test programs it.
 * Offsets and bits: Linux `drivers/pci/controller/dwc/pcie-designware.h`.
 */
import { high, low } from "./halves.ts";
import type { Qtest } from "./qtest.ts";

export type IatuDirection = "inbound" | "outbound";

export const iatu = {
  control1: 0x00,
  control2: 0x04,
  lowerBase: 0x08,
  upperBase: 0x0c,
  lowerLimit: 0x10,
  lowerTarget: 0x14,
  upperTarget: 0x18,
  upperLimit: 0x20,
} as const;

export const regionEnable = 1 << 31;
export const barMatch = 1 << 30;

/** Bit 19 of control 2: an inbound region is for the function whose number is in control 1, from bit 20 on. */
export const functionMatch = 1 << 19;
export const functionNumber = (number: number) => number << 20;

/** TLP type Msg, routing 4: local, as INTx messages are. */
const messageType = 0x14;

/** Bit 13 of control 1: the region may cross 4 GiB, and its upper limit counts. */
export const increaseRegionSize = 1 << 13;

export class IatuRegisters {
  readonly #bus: Qtest;
  readonly #base: bigint;

  constructor(bus: Qtest, base: bigint) {
    this.#bus = bus;
    this.#base = base;
  }

  read(direction: IatuDirection, region: number, register: keyof typeof iatu): Promise<number> {
    return this.#bus.readl(this.#at(direction, region, register));
  }

  write(
    direction: IatuDirection,
    region: number,
    register: keyof typeof iatu,
    value: number,
  ): Promise<void> {
    return this.#bus.writel(this.#at(direction, region, register), value);
  }

  /** Everything that reaches `bar`, of whichever function or of one, goes to the endpoint's bus address `target`. */
  async mapBar(region: number, bar: number, target: bigint, of?: number): Promise<void> {
    const match = of === undefined ? 0 : functionMatch;
    await this.#target("inbound", region, target);
    await this.write("inbound", region, "control1", functionNumber(of ?? 0));
    await this.write("inbound", region, "control2", regionEnable | barMatch | match | (bar << 8));
  }

  /** PCI addresses [`from`, `from` + `size`) go to the endpoint's bus address `target`. */
  async mapInbound(
    region: number,
    from: bigint,
    size: bigint,
    target: bigint,
    control1 = 0,
  ): Promise<void> {
    await this.#map("inbound", region, { from, size, target, control1 });
  }

  /** Endpoint bus addresses [`from`, `from` + `size`) go to PCI address `target`. */
  async mapOutbound(
    region: number,
    from: bigint,
    size: bigint,
    target: bigint,
    control1 = 0,
  ): Promise<void> {
    await this.#map("outbound", region, { from, size, target, control1 });
  }

  /** Writes to endpoint bus addresses [`from`, `from` + `size`) become messages with `code`. */
  async mapMessage(region: number, from: bigint, size: bigint, code: number): Promise<void> {
    await this.#range("outbound", region, from, size);
    await this.write("outbound", region, "control1", messageType);
    await this.write("outbound", region, "control2", regionEnable | code);
  }

  disable(direction: IatuDirection, region: number): Promise<void> {
    return this.write(direction, region, "control2", 0);
  }

  async #map(
    direction: IatuDirection,
    region: number,
    window: { from: bigint; size: bigint; target: bigint; control1: number },
  ) {
    await this.#range(direction, region, window.from, window.size);
    await this.#target(direction, region, window.target);
    await this.write(direction, region, "control1", window.control1);
    await this.write(direction, region, "control2", regionEnable);
  }

  async #range(direction: IatuDirection, region: number, from: bigint, size: bigint) {
    const limit = from + size - 1n;
    await this.write(direction, region, "lowerBase", low(from));
    await this.write(direction, region, "upperBase", high(from));
    await this.write(direction, region, "lowerLimit", low(limit));
    await this.write(direction, region, "upperLimit", high(limit));
  }

  async #target(direction: IatuDirection, region: number, target: bigint) {
    await this.write(direction, region, "lowerTarget", low(target));
    await this.write(direction, region, "upperTarget", high(target));
  }

  #at(direction: IatuDirection, region: number, register: keyof typeof iatu): bigint {
    const offset = region * 0x200 + (direction === "inbound" ? 0x100 : 0) + iatu[register];
    return this.#base + BigInt(offset);
  }
}
