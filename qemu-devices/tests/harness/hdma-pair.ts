// SPDX-License-Identifier: MIT
/** A pair of VMs whose endpoint has an HDMA: how a test runs a list on it. */
import { abortMessage, data, doneMessage, list } from "./dma.ts";
import {
  type ChannelState,
  control,
  type DataElement,
  type Direction,
  type LinkElement,
  linkedList,
} from "./edma.ts";
import { eventually } from "./eventually.ts";
import { allEvents, HdmaRegisters } from "./hdma.ts";
import { endpointMap, LinkedPair, type PairOptions } from "./linked-pair.ts";

/** Beside those of `dma.ts`: where watermark messages go. */
export const watermarkMessage = doneMessage + 0x200n;

const registersBar = 2;

export class HdmaPair {
  readonly pair: LinkedPair;
  readonly hdma: HdmaRegisters;
  /** The same registers as the host sees them through a BAR. */
  readonly throughWindow: HdmaRegisters;

  private constructor(pair: LinkedPair, hdma: HdmaRegisters, throughWindow: HdmaRegisters) {
    this.pair = pair;
    this.hdma = hdma;
    this.throughWindow = throughWindow;
  }

  /** The engine of a pair whose host has no window onto the registers. */
  static of(pair: LinkedPair): HdmaPair {
    const hdma = new HdmaRegisters(pair.endpoint.bus, endpointMap.dma);
    return new HdmaPair(pair, hdma, hdma);
  }

  static async start(
    properties: Readonly<Record<string, string | number>> = {},
    options: PairOptions = {},
  ) {
    const pair = await LinkedPair.start({ "dma-map": "hdma-v0", ...properties }, options);
    await pair.implementBar(registersBar, 0x2000);
    await pair.iatu.mapBar(0, registersBar, endpointMap.dma);
    const bars = await pair.linkUp();
    return new HdmaPair(
      pair,
      new HdmaRegisters(pair.endpoint.bus, endpointMap.dma),
      new HdmaRegisters(pair.host.bus, bars.get(registersBar)?.address ?? 0n),
    );
  }

  stop() {
    return this.pair.stop();
  }

  /** No interrupt pending or enabled, messages routed to host RAM that is clear. */
  async quiet(data = 0x51): Promise<void> {
    for (const direction of ["write", "read"] as const) {
      for (const channel of [0, 1, 2, 3]) {
        await this.hdma.write("intSetup", direction, channel, 0);
        await this.hdma.write("intClear", direction, channel, allEvents);
        await this.hdma.write("watermarkEnable", direction, channel, 0);
        await this.hdma.routeInterruptMessages(direction, channel, {
          stop: doneMessage,
          watermark: watermarkMessage,
          abort: abortMessage,
          data,
        });
      }
    }
    for (const at of [doneMessage, watermarkMessage, abortMessage]) {
      await this.pair.host.bus.writel(at, 0);
    }
  }

  /** Writes a list and starts a channel at it. */
  async startList(
    direction: Direction,
    channel: number,
    elements: readonly (DataElement | LinkElement)[],
    { registers = this.hdma, at = list }: { registers?: HdmaRegisters; at?: bigint } = {},
  ): Promise<void> {
    await this.pair.endpoint.bus.write(at, linkedList(elements));
    await registers.prepareList(direction, channel, at);
    await registers.ring(direction, channel);
  }

  /** A list that never ends by itself. */
  runEndlessly(direction: Direction, channel: number): Promise<void> {
    const again = { next: list, flags: control.cycle };
    return this.startList(direction, channel, [data(direction, 4096, control.cycle), again]);
  }

  untilState(direction: Direction, channel: number, wanted: ChannelState): Promise<void> {
    return eventually(() => this.hdma.state(direction, channel), wanted);
  }

  /** Words of the host's memory where the three interrupt messages arrive. */
  async messages() {
    const { bus } = this.pair.host;
    return {
      stop: await bus.readl(doneMessage),
      watermark: await bus.readl(watermarkMessage),
      abort: await bus.readl(abortMessage),
    };
  }
}
