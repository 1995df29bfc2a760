// SPDX-License-Identifier: MIT
/** A pair of VMs whose endpoint moves memory: where things are, and how a test runs a list. */
import {
  type ChannelState,
  control,
  type DataElement,
  type Direction,
  type EdmaRegisters,
  type LinkElement,
  linkedList,
} from "./edma.ts";
import { eventually } from "./eventually.ts";
import { LinkedPair, ramBase } from "./linked-pair.ts";

/** In the endpoint's RAM: lists (4 KiB apart is enough) and data. */
export const list = ramBase + 0x10_0000n;
export const local = ramBase + 0x20_0000n;
/** In the host's RAM, whose bus address begins at the same number. */
export const remote = ramBase + 0x20_0000n;
/** No RAM and no device here, on either bus. */
export const nowhere = 0x7f_0000_0000n;
/** Host RAM stands in for an interrupt controller: an interrupt message is a write of its data. */
export const doneMessage = ramBase + 0x30_0000n;
export const abortMessage = ramBase + 0x30_0100n;

/** Both status bits of every channel. */
export const everyInterrupt = 0x00ff_00ff;

/** Both QEMUs with the link up, BAR 0 implemented. */
export async function startDma(
  properties: Readonly<Record<string, string | number>> = {},
): Promise<LinkedPair> {
  const pair = await LinkedPair.start(properties);
  await pair.implementBar(0, 0x10000);
  await pair.linkUp();
  return pair;
}

/** No interrupt pending, masked or enabled for errors. */
export async function quiet(pair: LinkedPair): Promise<void> {
  for (const direction of ["write", "read"] as const) {
    await pair.edma.write("intMask", direction, 0);
    await pair.edma.write("intClear", direction, everyInterrupt);
    await pair.edma.write("intClear", direction, 0);
    await pair.edma.write("linkedListErrorEnable", direction, 0);
  }
  await pair.host.bus.writel(doneMessage, 0);
  await pair.host.bus.writel(abortMessage, 0);
}

/** `size` bytes between the two memories, in the direction's sense, `offset` into both. */
export function data(direction: Direction, size: number, flags: number, offset = 0n): DataElement {
  const [source, destination] = direction === "write" ? [local, remote] : [remote, local];
  return { source: source + offset, destination: destination + offset, size, flags };
}

/** Back to the list's start, where the other cycle bit counts: the list is a ring. */
export const wrap: LinkElement = { next: list, flags: control.toggleCycle };

/** Writes a list and starts a channel at it. */
export async function startList(
  pair: LinkedPair,
  direction: Direction,
  channel: number,
  elements: readonly (DataElement | LinkElement)[],
  { registers = pair.edma, at = list }: { registers?: EdmaRegisters; at?: bigint } = {},
): Promise<void> {
  await pair.endpoint.bus.write(at, linkedList(elements));
  await registers.prepareList(direction, channel, at);
  await registers.ring(direction, channel);
}

/** A list that never ends by itself: its one link leads back without toggling. */
export async function runEndlessly(pair: LinkedPair, direction: Direction, channel: number) {
  const again = { next: list, flags: control.cycle };
  await startList(pair, direction, channel, [data(direction, 4096, control.cycle), again]);
}

export function untilState(
  pair: LinkedPair,
  direction: Direction,
  channel: number,
  wanted: ChannelState,
): Promise<void> {
  return eventually(() => pair.edma.state(direction, channel), wanted);
}

/** Bytes of which no two neighbouring pages are alike, different for each `seed`. */
export function pattern(size: number, seed: number): Buffer {
  return Buffer.from(
    Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8) + seed) & 0xff),
  );
}
