// SPDX-License-Identifier: MIT
/**
 * Two of the host access BARs at once, a CPU and the test, in front of an endpoint behind its SMMU: the CPU waits until what
 * it has written is made.
 */
import { afterEach, beforeEach, expect, it } from "vitest";
import { local } from "./harness/dma.ts";
import { eventually } from "./harness/eventually.ts";
import { messagesSent } from "./harness/link-trace.ts";
import { LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { idling, load, programBase, results } from "./harness/program.ts";
import { Smmu, smmuArguments } from "./harness/smmu.ts";
import { suspend } from "./harness/suspend.ts";

const stream = 0xf8;
const known = 0x8000_0000n;
const unknown = 0x8000_1000n;
const pages = [local + 0x4000n, local + 0x2000n] as const;
const barSize = 0x4000;
/** Power controller off and power indicator off: QEMU ejects what is in the slot. */
const slotPowerOff = (1 << 10) | (3 << 8);

/** Writes to the BAR's second page, then reads its first, and says what it has read. */
const writingAndReading: readonly number[] = [
  0xd2a2_0001, // mov x1, #0x10000000
  0xd2a8_0203, // mov x3, #0x40100000
  0x5280_0022, // mov w2, #1
  0xb910_0022, // str w2, [x1, #0x1000]
  0xb940_0025, // ldr w5, [x1]
  0xb900_0065, // str w5, [x3]
  ...idling,
];

let pair: LinkedPair;
let bar: bigint;
const flushes = () => messagesSent(pair.host, "FLUSH");

beforeEach(async () => {
  pair = await LinkedPair.start(
    { iommu: "on" },
    {
      accelerator: "tcg",
      arguments: ["-cpu", "cortex-a55", "-S"],
      endpointArguments: smmuArguments,
      hostMessages: true,
      hostArguments: [...["-device", `loader,addr=0x${programBase.toString(16)},cpu-num=0`]],
    },
  );
  await load(pair.host, writingAndReading);
  await pair.implementBar(0, barSize);
  bar = (await pair.linkUp()).get(0)?.address ?? 0n;
  const smmu = new Smmu(pair.endpoint.bus, ramBase + 0x100_0000n);
  await smmu.enable(stream);
  await smmu.map(known, pages[0]);
  await smmu.map(unknown, pages[1]);
  await pair.iatu.mapBar(0, 0, known);
  await pair.host.bus.writel(bar, 0x1234_5678);
  expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
  // The host knows the page from here on, and that nothing is under way.
  expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
  expect(await flushes()).toBe(1);

  await suspend(pair.endpoint.process.pid);
  await pair.host.qmp.execute("cont");
  // The CPU asks whether its write is made, before it reads the page that is known.
  await eventually(flushes, 2);
});
afterEach(() => pair?.stop());

const goOn = () => process.kill(pair.endpoint.process.pid, "SIGCONT");

it("what one waits for no other passes", async () => {
  const read = pair.host.bus.readl(bar);
  try {
    const passed = read.then(() => {
      throw new Error("the page was read while a write of before was under way");
    });
    await Promise.race([eventually(flushes, 3), passed]);
  } finally {
    goOn();
  }
  expect(await read).toBe(0x1234_5678);
  await eventually(() => pair.host.bus.readl(results), 0x1234_5678);
  expect(await pair.endpoint.bus.readl(pages[1])).toBe(1);
});

it("the function is unplugged while one waits", async () => {
  const deleted = pair.functionDeleted();
  try {
    await pair.host.bus.writew(await pair.rootComplex.slotControlAddress(), slotPowerOff);
    await deleted;
    // Nobody answers the CPU any more.
    await eventually(() => pair.host.bus.readl(results), 0xffff_ffff);
  } finally {
    goOn();
  }
  await pair.host.qmp.execute("query-status");
  expect(await pair.rootComplex.slot()).toMatchObject({ present: false });
});

it("the endpoint dies while one waits, and what was known is not read any more", async () => {
  const deleted = pair.functionDeleted();
  await pair.endpoint.stop();
  await eventually(() => pair.host.bus.readl(results), 0xffff_ffff);
  await deleted;
});
