// SPDX-License-Identifier: MIT
/**
 * One QEMU without a guest, with a card in its root port whose DMA engine it drives (`dwc-edma-pcie`): lists and the
 * card's data are in BAR 2, the registers in BAR 0.
 */
import * as z from "zod";
import { makeTemporaryDirectory } from "../../../orchestrator/lab/temporary.ts";
import {
  type DataElement,
  type Direction,
  EdmaRegisters,
  type LinkElement,
  linkedList,
} from "./edma.ts";
import { high, low } from "./halves.ts";
import { HdmaRegisters } from "./hdma.ts";
import { Machine } from "./machine.ts";
import { config, RootComplex } from "./root-complex.ts";

const channelStats = z.object({
  ...{ doorbells: z.int(), transfers: z.int(), elements: z.int(), bytes: z.int(), aborts: z.int() },
});
const cardStats = z.object({
  write: z.array(channelStats),
  read: z.array(channelStats),
  imwr: z.int(),
});

const rootPort = 4;
const device = "/machine/peripheral/card";

/** Where the test puts the BARs; BAR 2 is 128 MiB at most. */
export const registersAt = 0x1000_0000n;
export const memoryAt = 0x1800_0000n;

/** Beside the lists, in the card's memory. */
export const dataOffset = 0x10_0000n;

export class Card {
  readonly machine: Machine;
  readonly rootComplex: RootComplex;
  readonly edma: EdmaRegisters;
  readonly hdma: HdmaRegisters;
  readonly #directory: { remove: () => Promise<void> };

  private constructor(machine: Machine, directory: { remove: () => Promise<void> }) {
    this.machine = machine;
    this.rootComplex = new RootComplex(machine.bus, rootPort);
    this.edma = new EdmaRegisters(machine.bus, registersAt);
    this.hdma = new HdmaRegisters(machine.bus, registersAt);
    this.#directory = directory;
  }

  static async start(
    properties: Readonly<Record<string, string | number>> = {},
    hostArguments: readonly string[] = [],
  ): Promise<Card> {
    const directory = await makeTemporaryDirectory();
    const given = Object.entries(properties).map(([name, value]) => `,${name}=${value}`);
    const port = `pcie-root-port,id=rp0,chassis=1,slot=1,power_controller_present=off,addr=${rootPort}`;
    const args = ["-device", port, "-device", `dwc-edma-pcie,id=card,bus=rp0${given.join("")}`];
    try {
      const machine = await Machine.start("host", directory.path, [...args, ...hostArguments], {});
      const card = new Card(machine, directory);
      await card.rootComplex.openRootPort();
      await card.placeBars(memoryAt);
      return card;
    } catch (error) {
      await directory.remove();
      throw error;
    }
  }

  async placeBars(memory: bigint): Promise<void> {
    await this.rootComplex.writeConfig(config.bar0, low(registersAt));
    await this.rootComplex.writeConfig(config.bar0 + 8, low(memory));
    await this.rootComplex.writeConfig(config.bar0 + 12, high(memory));
    await this.rootComplex.enable();
  }

  /** A reset of the bus, and the registers' BAR again: all at once, in this order. */
  resetAndPlaceRegisters(): Promise<void>[] {
    return [
      ...this.rootComplex.resetSecondaryBusAtOnce(),
      this.rootComplex.writeConfig(config.bar0, low(registersAt)),
      this.rootComplex.enable(),
    ];
  }

  /** The vendor-specific extended capability with this number, as words; undefined if there is none. */
  async vendorCapability(id: number): Promise<number[] | undefined> {
    let at = 0x100;
    while (at !== 0) {
      const header = await this.rootComplex.readConfig(at);
      const vendorHeader = await this.rootComplex.readConfig(at + 4);
      if ((header & 0xffff) === 0x0b && (vendorHeader & 0xffff) === id) {
        const words = [0, 4, 8, 12, 16, 20].map((offset) =>
          this.rootComplex.readConfig(at + offset),
        );
        return Promise.all(words);
      }
      at = header >>> 20;
    }
    return undefined;
  }

  /** Writes a list to the card's memory, through its BAR. */
  writeList(elements: readonly (DataElement | LinkElement)[]): Promise<void> {
    return this.machine.bus.write(memoryAt, linkedList(elements));
  }

  /** Between the card's memory, which the engine sees at `base`, and the host's at `host`. */
  data(direction: Direction, base: bigint, host: bigint, size: number, flags: number): DataElement {
    const [source, destination] =
      direction === "write" ? [base + dataOffset, host] : [host, base + dataOffset];
    return { source, destination, size, flags };
  }

  async stats(): Promise<z.output<typeof cardStats>> {
    const property = { path: device, property: "stats" };
    return cardStats.parse(await this.machine.qmp.execute("qom-get", property));
  }

  async stop(): Promise<void> {
    await this.machine.stop();
    await this.#directory.remove();
  }
}
