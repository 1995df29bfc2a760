// SPDX-License-Identifier: MIT
/**
 * HDMA's registers as a test programs them: the native map, where each register belongs to a channel.
 * Offsets and bits: Linux `drivers/dma/dw-edma/dw-hdma-v0-regs.h`. Lists are the eDMA's.
 */
import type { ChannelState, DataElement, Direction } from "./edma.ts";
import { high, low } from "./halves.ts";
import type { Qtest } from "./qtest.ts";

const registers = {
  enable: 0x00,
  doorbell: 0x04,
  prefetch: 0x08,
  handshake: 0x0c,
  listLow: 0x10,
  listHigh: 0x14,
  cycle: 0x18,
  transferSize: 0x1c,
  sourceLow: 0x20,
  sourceHigh: 0x24,
  destinationLow: 0x28,
  destinationHigh: 0x2c,
  watermarkEnable: 0x30,
  control1: 0x34,
  functionNumber: 0x38,
  quality: 0x3c,
  status: 0x80,
  intStatus: 0x84,
  intSetup: 0x88,
  intClear: 0x8c,
  stopMessageLow: 0x90,
  stopMessageHigh: 0x94,
  watermarkMessageLow: 0x98,
  watermarkMessageHigh: 0x9c,
  abortMessageLow: 0xa0,
  abortMessageHigh: 0xa4,
  messageData: 0xa8,
} as const;

export type HdmaRegister = keyof typeof registers;

/** Bits of the interrupt status, of its clear register, and of the masks in the setup. */
export const event = { stop: 1 << 0, watermark: 1 << 1, abort: 1 << 2 } as const;
export const allEvents = 7;
/** Error code in the status, bits 6:3. */
export const errorCode = (status: number) => (status >>> 3) & 0xf;

/** Bits of the setup above its masks. */
export const setup = {
  remoteStop: 1 << 3,
  localStop: 1 << 4,
  remoteAbort: 1 << 5,
  localAbort: 1 << 6,
} as const;

const start = 1 << 0;
const stop = 1 << 1;
const linkedListEnable = 1 << 0;
const cycleState = 1 << 1;
const states: readonly ChannelState[] = ["reserved", "running", "halted", "stopped"];

/** HDMA's registers at `base`: the endpoint's own, or those seen through a window. */
export class HdmaRegisters {
  readonly #bus: Qtest;
  readonly #base: bigint;

  constructor(bus: Qtest, base: bigint) {
    this.#bus = bus;
    this.#base = base;
  }

  read(register: HdmaRegister, direction: Direction, channel: number): Promise<number> {
    return this.#bus.readl(this.#at(register, direction, channel));
  }

  write(register: HdmaRegister, direction: Direction, channel: number, value: number) {
    return this.#bus.writel(this.#at(register, direction, channel), value);
  }

  async state(direction: Direction, channel: number): Promise<ChannelState> {
    return states[(await this.read("status", direction, channel)) & 3] ?? "reserved";
  }

  /** Points a channel at a list and enables it, as `dw_hdma_v0_core_ch_enable` does. */
  async prepareList(
    direction: Direction,
    channel: number,
    list: bigint,
    cycle = true,
  ): Promise<void> {
    await this.write("enable", direction, channel, 1);
    await this.write("control1", direction, channel, linkedListEnable);
    await this.write("listLow", direction, channel, low(list));
    await this.write("listHigh", direction, channel, high(list));
    await this.write("cycle", direction, channel, cycle ? cycleState | 1 : 0);
  }

  /** Puts one transfer into the channel's registers, as `dw_hdma_v0_core_non_ll_start` does. */
  async prepareSingle(
    direction: Direction,
    channel: number,
    { source, destination, size }: Omit<DataElement, "flags">,
  ): Promise<void> {
    await this.write("enable", direction, channel, 1);
    await this.write("sourceLow", direction, channel, low(source));
    await this.write("sourceHigh", direction, channel, high(source));
    await this.write("destinationLow", direction, channel, low(destination));
    await this.write("destinationHigh", direction, channel, high(destination));
    await this.write("transferSize", direction, channel, size);
    await this.write("control1", direction, channel, 0);
  }

  /** Where the channel stands in its list, and the cycle bit that it expects there. */
  async position(direction: Direction, channel: number) {
    const part = (register: HdmaRegister) => this.read(register, direction, channel);
    const next = (BigInt(await part("listHigh")) << 32n) | BigInt(await part("listLow"));
    return { next, cycleState: ((await part("cycle")) & cycleState) !== 0 };
  }

  ring(direction: Direction, channel: number): Promise<void> {
    return this.write("doorbell", direction, channel, start);
  }

  stop(direction: Direction, channel: number): Promise<void> {
    return this.write("doorbell", direction, channel, stop);
  }

  /** Where the channel's interrupt messages go, and what they say. */
  async routeInterruptMessages(
    direction: Direction,
    channel: number,
    route: { stop: bigint; watermark: bigint; abort: bigint; data: number },
  ): Promise<void> {
    for (const kind of ["stop", "watermark", "abort"] as const) {
      await this.write(`${kind}MessageLow`, direction, channel, low(route[kind]));
      await this.write(`${kind}MessageHigh`, direction, channel, high(route[kind]));
    }
    await this.write("messageData", direction, channel, route.data);
  }

  #at(register: HdmaRegister, direction: Direction, channel: number): bigint {
    const block = channel * 0x200 + (direction === "read" ? 0x100 : 0);
    return this.#base + BigInt(block + registers[register]);
  }
}
