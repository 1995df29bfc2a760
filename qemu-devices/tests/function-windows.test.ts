// SPDX-License-Identifier: MIT
/** RAM is shown in a BAR only when what was written there by messages has arrived. */
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";

const barSize = 0x10000;
const value = 0x600d_f00d;

it.each([
  ["begins with RAM", 0n],
  ["begins with something else", 0x8000n],
])("where a window %s", async (_where, before) => {
  const pair = await LinkedPair.start();
  try {
    await pair.implementBar(0, barSize);
    const bar = (await pair.linkUp()).get(0)?.address ?? 0n;
    const latency = { property: "latency-us", value: 400_000 };
    await pair.host.qmp.execute("qom-set", { path: "/machine/peripheral/fn0", ...latency });
    // It is on its way when the endpoint opens a window, of which the host hears at once.
    await pair.host.bus.writel(bar + before, value);
    await pair.iatu.mapInbound(0, bar, BigInt(barSize), ramBase - before);
    await setTimeout(150);
    expect(await pair.host.bus.readl(bar + before)).toBe(value);
    expect(await pair.endpoint.bus.readl(ramBase)).toBe(value);
  } finally {
    await pair.stop();
  }
});
