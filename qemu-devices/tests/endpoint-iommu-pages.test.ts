// SPDX-License-Identifier: MIT
/**
 * Pages of BARs in front of an endpoint behind its SMMUv3: the host is told where they lead, and goes there by itself for as long as
 * the SMMU says so.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { local } from "./harness/dma.ts";
import { eventually } from "./harness/eventually.ts";
import { messagesSent } from "./harness/link-trace.ts";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { Smmu, secondPage, smmuArguments } from "./harness/smmu.ts";
import { suspend } from "./harness/suspend.ts";

/** Slot 31 of bus 0, which no configuration space shows. */
const stream = 0xf8;
const tables = ramBase + 0x100_0000n;
const barSize = 0x4000;
const otherBar = 2;

/** In the controller's address space: two pages, in memory not side by side and not in this order. */
const buffer = 0x8001_0000n;
const bufferPages = [local + 0x4000n, local + 0x2000n] as const;

let pair: LinkedPair;
let smmu: Smmu;
let bar: bigint;
let other: bigint;
beforeEach(async () => {
  pair = await LinkedPair.start(
    { iommu: "on" },
    { endpointArguments: smmuArguments, hostMessages: true },
  );
  await pair.implementBar(0, barSize);
  await pair.implementBar(otherBar, barSize);
  const bars = await pair.linkUp();
  bar = bars.get(0)?.address ?? 0n;
  other = bars.get(otherBar)?.address ?? 0n;
  smmu = new Smmu(pair.endpoint.bus, tables);
});
afterEach(() => pair?.stop());

async function translate() {
  await smmu.enable(stream);
  for (const [index, page] of bufferPages.entries())
    await smmu.map(buffer + BigInt(index << 12), page);
}

describe("pages of a window that the host knows", () => {
  beforeEach(async () => {
    await translate();
    await pair.iatu.mapBar(0, 0, buffer);
    await pair.host.bus.writel(bar, 0x1234_5678);
    expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
    // From here on nothing is under way, whether that one travelled or not.
    expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
  });

  it("it reads and writes while the endpoint stands still", async () => {
    await suspend(pair.endpoint.process.pid);
    try {
      await pair.host.bus.writel(bar + 4n, 0x8765_4321);
      expect(await pair.host.bus.readl(bar + 4n)).toBe(0x8765_4321);
    } finally {
      process.kill(pair.endpoint.process.pid, "SIGCONT");
    }
    expect(await pair.endpoint.bus.readl(bufferPages[0] + 4n)).toBe(0x8765_4321);
  });

  it("an access of one passes nothing that travels", async () => {
    const asked = () => messagesSent(pair.host, "FLUSH");
    let second: Promise<void>;
    await eventually(asked, 1);
    await suspend(pair.endpoint.process.pid);
    try {
      await pair.host.bus.writel(bar + 0x1000n, 1);
      second = pair.host.bus.writel(bar, 2);
      // Whether the first has been made, of which nobody knows where it leads.
      await eventually(asked, 2);
    } finally {
      process.kill(pair.endpoint.process.pid, "SIGCONT");
    }
    await second;
    await eventually(() => pair.endpoint.bus.readl(bufferPages[0]), 2);
    expect(await pair.endpoint.bus.readl(bufferPages[1])).toBe(1);
  });

  it("are others when the window leads elsewhere", async () => {
    const other = 0x8000_4000n;
    await smmu.map(other, local);
    await pair.endpoint.bus.writel(local, 0x600d_600d);
    await pair.iatu.mapBar(0, 0, other);
    expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
    await pair.host.bus.writel(bar, 5);
    // The host may not know the new page yet: then the write travels.
    await eventually(() => pair.endpoint.bus.readl(local), 5);
    expect(await pair.endpoint.bus.readl(bufferPages[0])).toBe(0x1234_5678);
  });

  it("are others when the page leads elsewhere", async () => {
    await smmu.unmap(buffer);
    await smmu.map(buffer, local);
    await pair.endpoint.bus.writel(local, 0x600d_600d);
    expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
    expect(await pair.endpoint.bus.readl(bufferPages[0])).toBe(0x1234_5678);
  });

  it("are reached by nothing that the host does after their mapping was taken away", async () => {
    await smmu.unmap(buffer);
    await pair.host.bus.writel(bar, 0xbad);
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
    expect(await pair.endpoint.bus.readl(bufferPages[0])).toBe(0x1234_5678);
  });
});

describe("of a page that the host knows it has to ask anew", () => {
  /** The second time it is known. */
  async function know(target: bigint) {
    await pair.iatu.mapBar(0, 0, target);
    expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
    const asked = await messagesSent(pair.host, "BAR_READ");
    expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
    expect(await messagesSent(pair.host, "BAR_READ")).toBe(asked);
  }

  it.each([
    ["is enabled", () => smmu.enable(stream, { invalidate: false })],
    ["is to abort all", () => smmu.abortAll(true)],
  ])("when an SMMU that is off %s", async (_, change) => {
    await pair.endpoint.bus.writel(local, 0x600d_600d);
    await know(local);
    await change();
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
  });

  it.each([
    ["the SMMU is switched off", () => smmu.disable()],
    ["it is switched off in its second page", () => smmu.disable(secondPage)],
    ["the stream is to abort", () => smmu.abortStream(stream)],
    ["the stream is to abort, as all are told", () => smmu.abortStreams(stream)],
    ["the stream is to abort, by a queue that wraps", () => smmu.abortStreamBehindWrap(stream)],
    ["the stream has no context any more", () => smmu.dropContext(stream)],
  ])("when %s", async (_, change) => {
    await translate();
    await pair.endpoint.bus.writel(bufferPages[0], 0x600d_600d);
    await know(buffer);
    await change();
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
  });
});

it("of a page that the host came to know while the SMMU stood at an error it has to ask anew when that is acknowledged", async () => {
  await translate();
  await pair.iatu.mapBar(0, 0, buffer);
  await pair.endpoint.bus.writel(bufferPages[0], 0x600d_600d);
  expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
  const { goOn } = await smmu.abortStreamBehindError(stream);
  // The configuration that it has taken still counts.
  for (let time = 0; time < 2; time++) expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
  const asked = await messagesSent(pair.host, "BAR_READ");
  expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
  expect(await messagesSent(pair.host, "BAR_READ")).toBe(asked);
  await goOn();
  expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
});

it("pages of two BARs, and the same of each, are known side by side", async () => {
  await translate();
  await pair.iatu.mapBar(0, 0, buffer);
  await pair.iatu.mapBar(1, otherBar, buffer);
  const both = [bar, other] as const;
  for (let time = 0; time < 2; time++) for (const at of both) await pair.host.bus.readl(at);
  const asked = () => messagesSent(pair.host, "BAR_READ");
  const before = await asked();
  for (const at of both) await pair.host.bus.readl(at);
  expect(await asked()).toBe(before);
});
