// SPDX-License-Identifier: MIT
/**
 * The eDMA's registers and linked lists as a test programs them: unrolled map, version 0.
 * Offsets and bits: Linux `drivers/dma/dw-edma/dw-edma-v0-regs.h` and `dw-edma-v0-core.c`.
 */
import { high, low } from "./halves.ts";
import type { Qtest } from "./qtest.ts";

/** `write`: local memory to the PCIe side. `read`: the PCIe side to local memory. */
export type Direction = "write" | "read";

/** Registers that exist once for each direction. */
const directionRegisters = {
  engineEnable: { write: 0x0c, read: 0x2c },
  doorbell: { write: 0x10, read: 0x30 },
  intStatus: { write: 0x4c, read: 0xa0 },
  intMask: { write: 0x54, read: 0xa8 },
  intClear: { write: 0x58, read: 0xac },
  linkedListErrorEnable: { write: 0x90, read: 0xc4 },
  errorStatusLow: { write: 0x5c, read: 0xb4 },
  /** Read channels alone have a second one; the write channels' only one stands in for it. */
  errorStatusHigh: { write: 0x5c, read: 0xb8 },
  doneImwrLow: { write: 0x60, read: 0xcc },
  doneImwrHigh: { write: 0x64, read: 0xd0 },
  abortImwrLow: { write: 0x68, read: 0xd4 },
  abortImwrHigh: { write: 0x6c, read: 0xd8 },
  /** The first of four: two channels a register, 16 bits each. */
  imwrData01: { write: 0x70, read: 0xdc },
} as const;

export type DirectionRegister = keyof typeof directionRegisters;

const channelRegisters = {
  control1: 0x00,
  transferSize: 0x08,
  sourceLow: 0x0c,
  sourceHigh: 0x10,
  destinationLow: 0x14,
  destinationHigh: 0x18,
  listLow: 0x1c,
  listHigh: 0x20,
} as const;

export type ChannelRegister = keyof typeof channelRegisters;

const channelBase = 0x200;
const channelStride = 0x200;
const readChannelOffset = 0x100;

export const control = {
  /** Cycle bit: the element is valid when it equals the channel's cycle state. */
  cycle: 1 << 0,
  toggleCycle: 1 << 1,
  link: 1 << 2,
  localInterrupt: 1 << 3,
  remoteInterrupt: 1 << 4,
  cycleState: 1 << 8,
  linkedList: 1 << 9,
} as const;

const stopBit = 1 << 31;

/** Channel status, bits 6:5 of control 1. */
export type ChannelState = "reserved" | "running" | "halted" | "stopped";
const channelStates: readonly ChannelState[] = ["reserved", "running", "halted", "stopped"];

export type DataElement = {
  readonly source: bigint;
  readonly destination: bigint;
  readonly size: number;
  readonly flags: number;
};

export type LinkElement = { readonly next: bigint; readonly flags: number };

export const elementSize = 24;

/** The bytes of a linked list, each element 24 bytes, in the order given. */
export function linkedList(elements: readonly (DataElement | LinkElement)[]): Buffer {
  const list = Buffer.alloc(elements.length * elementSize);
  elements.forEach((element, index) => {
    const at = index * elementSize;
    if ("next" in element) {
      list.writeUInt32LE(element.flags | control.link, at);
      list.writeBigUInt64LE(element.next, at + 8);
    } else {
      list.writeUInt32LE(element.flags, at);
      list.writeUInt32LE(element.size, at + 4);
      list.writeBigUInt64LE(element.source, at + 8);
      list.writeBigUInt64LE(element.destination, at + 16);
    }
  });
  return list;
}

/** The eDMA registers at `base`: the endpoint's own, or those seen through a window. */
export class EdmaRegisters {
  readonly #bus: Qtest;
  readonly #base: bigint;

  constructor(bus: Qtest, base: bigint) {
    this.#bus = bus;
    this.#base = base;
  }

  async channelCounts(): Promise<{ write: number; read: number }> {
    const value = await this.#bus.readl(this.#base + 0x08n);
    return { write: value & 0xf, read: (value >>> 16) & 0xf };
  }

  read(register: DirectionRegister, direction: Direction): Promise<number> {
    return this.#bus.readl(this.#base + BigInt(directionRegisters[register][direction]));
  }

  write(register: DirectionRegister, direction: Direction, value: number): Promise<void> {
    return this.#bus.writel(this.#base + BigInt(directionRegisters[register][direction]), value);
  }

  readChannel(register: ChannelRegister, direction: Direction, channel: number): Promise<number> {
    return this.#bus.readl(this.#channel(register, direction, channel));
  }

  writeChannel(
    register: ChannelRegister,
    direction: Direction,
    channel: number,
    value: number,
  ): Promise<void> {
    return this.#bus.writel(this.#channel(register, direction, channel), value);
  }

  async state(direction: Direction, channel: number): Promise<ChannelState> {
    const value = await this.readChannel("control1", direction, channel);
    return channelStates[(value >>> 5) & 3] ?? "reserved";
  }

  /**
   * Points a channel at a linked list and enables the engine, as `dw_edma_v0_core_ch_enable` does
   * (but for the interrupt mask, and that aborts are told on either side). `cycleState`: the cycle bit that the first
   * elements must have.
   */
  async prepareList(
    direction: Direction,
    channel: number,
    list: bigint,
    cycleState = true,
  ): Promise<void> {
    await this.write("engineEnable", direction, 1);
    const errors = await this.read("linkedListErrorEnable", direction);
    await this.write("linkedListErrorEnable", direction, errors | (0x1_0001 << channel));
    const flags = control.linkedList | (cycleState ? control.cycleState : 0);
    await this.writeChannel("control1", direction, channel, flags);
    await this.writeChannel("listLow", direction, channel, low(list));
    await this.writeChannel("listHigh", direction, channel, high(list));
  }

  /** Puts one transfer without a list into the channel's registers, and enables the engine. */
  async prepareSingle(
    direction: Direction,
    channel: number,
    { source, destination, size, flags }: DataElement,
  ): Promise<void> {
    await this.write("engineEnable", direction, 1);
    await this.writeChannel("control1", direction, channel, flags);
    await this.writeChannel("transferSize", direction, channel, size);
    await this.writeChannel("sourceLow", direction, channel, low(source));
    await this.writeChannel("sourceHigh", direction, channel, high(source));
    await this.writeChannel("destinationLow", direction, channel, low(destination));
    await this.writeChannel("destinationHigh", direction, channel, high(destination));
  }

  /** Where the channel stands in its list, and the cycle bit that it expects there. */
  async position(direction: Direction, channel: number) {
    const part = (register: ChannelRegister) => this.readChannel(register, direction, channel);
    const next = (BigInt(await part("listHigh")) << 32n) | BigInt(await part("listLow"));
    return { next, cycleState: ((await part("control1")) & control.cycleState) !== 0 };
  }

  stop(direction: Direction, channel: number): Promise<void> {
    return this.write("doorbell", direction, stopBit | channel);
  }

  ring(direction: Direction, channel: number): Promise<void> {
    return this.write("doorbell", direction, channel);
  }

  /** Where the channel's interrupt messages go; the address is shared by the direction. */
  async routeInterruptMessages(
    direction: Direction,
    channel: number,
    route: { done: bigint; abort: bigint; data: number },
  ): Promise<void> {
    await this.write("doneImwrLow", direction, low(route.done));
    await this.write("doneImwrHigh", direction, high(route.done));
    await this.write("abortImwrLow", direction, low(route.abort));
    await this.write("abortImwrHigh", direction, high(route.abort));
    const at =
      this.#base +
      BigInt(directionRegisters.imwrData01[direction]) +
      BigInt(Math.floor(channel / 2) * 4);
    const pair = await this.#bus.readl(at);
    const odd = channel % 2 === 1;
    await this.#bus.writel(
      at,
      odd ? (pair & 0xffff) | (route.data << 16) : (pair & 0xffff_0000) | route.data,
    );
  }

  #channel(register: ChannelRegister, direction: Direction, channel: number): bigint {
    return (
      this.#base +
      BigInt(
        channelBase +
          channel * channelStride +
          (direction === "read" ? readChannelOffset : 0) +
          channelRegisters[register],
      )
    );
  }
}
