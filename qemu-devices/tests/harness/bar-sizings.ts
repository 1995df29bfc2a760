// SPDX-License-Identifier: MIT
import { endpointMap, type LinkedPair } from "./linked-pair.ts";

const { dbi, dbi2 } = endpointMap;

/** Offset of a BAR in configuration space. */
export const barAt = (n: number) => BigInt(0x10 + 4 * n);

/** What the host reads from BAR 0 to 5 when it sizes them, after the driver's mask and type for each. */
export async function sizings(
  pair: LinkedPair,
  masks: readonly number[],
  types: readonly number[],
): Promise<number[]> {
  const { bus } = pair.endpoint;
  await pair.allowReadOnlyWrites(true);
  for (const [n, mask] of masks.entries()) {
    await bus.writel(dbi2 + barAt(n), mask);
    await bus.writel(dbi + barAt(n), types[n] ?? 0);
  }
  await pair.allowReadOnlyWrites(false);
  const all: number[] = [];
  for (const n of masks.keys()) {
    await bus.writel(dbi + barAt(n), 0xffff_ffff);
    all.push(await bus.readl(dbi + barAt(n)));
  }
  return all;
}
