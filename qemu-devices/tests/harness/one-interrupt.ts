// SPDX-License-Identifier: MIT
import { expect } from "vitest";
import { data, startList, wrap } from "./dma.ts";
import { control } from "./edma.ts";
import { eventually } from "./eventually.ts";
import type { LinkedPair } from "./linked-pair.ts";

/** Expects a SoC whose channels share one interrupt, and lets all of them through. */
export async function expectOneInterrupt(pair: LinkedPair): Promise<void> {
  await pair.plugFunction();
  await pair.rootComplex.openRootPort();
  await pair.rootComplex.assignBars();
  const element = data("read", 64, control.cycle | control.localInterrupt);
  await startList(pair, "read", 2, [element, wrap]);
  await eventually(() => pair.spi(0), true);
  expect(await pair.spi(6), "the channel has no line of its own").toBe(false);
  await pair.edma.write("intClear", "read", 1 << 2);
  await eventually(() => pair.spi(0), false);
}
