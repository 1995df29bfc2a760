// SPDX-License-Identifier: MIT
/** Counters that no other test is about. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDma } from "./harness/dma.ts";
import type { LinkedPair } from "./harness/linked-pair.ts";

let pair: LinkedPair;
beforeAll(async () => {
  pair = await startDma();
});
afterAll(() => pair?.stop());

it("writes to iATU registers are counted, each", async () => {
  const before = (await pair.stats()).iatu_writes;
  await pair.iatu.disable("inbound", 3);
  await pair.iatu.disable("outbound", 3);
  expect((await pair.stats()).iatu_writes).toBe(before + 2);
});

it("a BAR that is given another size has changed once; the same once more is no change", async () => {
  const before = (await pair.stats()).bar_changes;
  await pair.implementBar(2, 0x4000);
  const after = (await pair.stats()).bar_changes;
  expect(after).toBeGreaterThan(before);
  await pair.implementBar(2, 0x4000);
  expect((await pair.stats()).bar_changes).toBe(after);
});

it("doorbells of a disabled engine, and of a channel that is not there, are lost", async () => {
  const lost = async () => (await pair.stats()).doorbells_lost;
  const before = await lost();
  await pair.edma.write("engineEnable", "write", 0);
  await pair.edma.ring("write", 0);
  expect(await lost()).toBe(before + 1);
  await pair.edma.write("engineEnable", "write", 1);
  await pair.edma.ring("write", 7);
  expect(await lost()).toBe(before + 2);
});
