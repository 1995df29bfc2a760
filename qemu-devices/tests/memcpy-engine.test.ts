// SPDX-License-Identifier: MIT
/**
 * The memcpy engine behind the endpoint's SMMUv3, with a stream of its own. Registers: Linux `drivers/dma/xilinx/zynqmp_dma.c`.
 */
import { afterEach, beforeEach, expect, it } from "vitest";
import { local } from "./harness/dma.ts";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { Smmu, smmuArguments } from "./harness/smmu.ts";

/** Slot 31 of bus 0, which no configuration space shows: the controller is its function 0. */
const stream = 0xf9;
const tables = ramBase + 0x100_0000n;
const engine = 0x0b06_0000n;
const status = engine + 0x100n;
const done = 1 << 10;
const source = engine + 0x128n;
const destination = engine + 0x138n;
const enable = engine + 0x200n;

const from = 0x8000_0000n;
const to = 0x8000_1000n;
const fromPage = local + 0x3000n;
const toPage = local + 0x1000n;
const bytes = Buffer.from("what is copied");

let pair: LinkedPair;
let smmu: Smmu;
beforeEach(async () => {
  pair = await LinkedPair.start(
    { iommu: "on", "memcpy-engine": "on" },
    { endpointArguments: smmuArguments },
  );
  smmu = new Smmu(pair.endpoint.bus, tables);
  await smmu.enable(stream);
  await smmu.map(from, fromPage);
  await pair.endpoint.bus.write(fromPage, bytes);
});
afterEach(() => pair?.stop());

/** One transfer by the descriptor in its registers, that is, without a list. */
async function copy(): Promise<void> {
  const { bus } = pair.endpoint;
  for (const [descriptor, address] of [
    [source, from],
    [destination, to],
  ] as const) {
    await bus.writel(descriptor, Number(address));
    await bus.writel(descriptor + 4n, 0);
    await bus.writel(descriptor + 8n, bytes.length);
    await bus.writel(descriptor + 12n, 0);
  }
  await bus.writel(enable, 1);
}

it("copies between the pages that are mapped for it", async () => {
  await smmu.map(to, toPage);
  await copy();
  await eventually(async () => (await pair.endpoint.bus.readl(status)) & done, done);
  expect((await pair.endpoint.bus.read(toPage, bytes.length)).equals(bytes)).toBe(true);
  expect(await smmu.events()).toBe(0);
});

it("leaves alone what is not mapped, and the SMMU records why", async () => {
  await copy();
  await eventually(async () => (await smmu.events()) > 0, true);
  expect(await pair.endpoint.bus.readl(toPage)).toBe(0);
});
