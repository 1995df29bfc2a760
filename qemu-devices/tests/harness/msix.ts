// SPDX-License-Identifier: MIT
/** MSI-X of a function whose table and pending bits are in BAR 0 (PCIe base specification, 7.7.2), and the core's doorbell for it. */
import { eventually } from "./eventually.ts";
import { endpointMap, type LinkedPair } from "./linked-pair.ts";

export const msixDoorbell = endpointMap.dbi + 0x948n;

const capability = 0x11;

/** How many vectors, and at which offsets in BAR 0. */
export interface MsixPlace {
  readonly vectors: number;
  readonly table: number;
  readonly pba: number;
}

/** Announces it as the endpoint's driver does. Returns where the capability is, once the host reads it there. */
export async function announceMsix(pair: LinkedPair, place: MsixPlace): Promise<number> {
  const at = await pair.rootComplex.functionCapability(capability);
  const dbi = endpointMap.dbi + BigInt(at);
  await pair.allowReadOnlyWrites(true);
  await pair.endpoint.bus.writew(dbi + 2n, place.vectors - 1);
  await pair.endpoint.bus.writel(dbi + 4n, place.table);
  await pair.endpoint.bus.writel(dbi + 8n, place.pba);
  await pair.allowReadOnlyWrites(false);
  await eventually(() => pair.rootComplex.readConfig(at + 8), place.pba);
  return at;
}

/** The host has each vector write the bit of its number to `target`. `entry`: where it sees a vector's entry. */
export async function fillMsixTable(
  pair: LinkedPair,
  vectors: number,
  entry: (vector: number) => bigint,
  target: bigint,
): Promise<void> {
  for (let vector = 0; vector < vectors; vector++) {
    const words = [Number(target), 0, 1 << vector, 0];
    for (const [word, value] of words.entries())
      await pair.host.bus.writel(entry(vector) + BigInt(4 * word), value);
  }
}
