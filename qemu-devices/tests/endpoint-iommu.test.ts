// SPDX-License-Identifier: MIT
/**
 * A controller behind the endpoint's SMMUv3 (`iommu=on`): lists, local data and what inbound windows lead to are what the SMMU maps
 * for its stream, and nothing else.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";
import { data, list, local, pattern, runEndlessly, untilState } from "./harness/dma.ts";
import { control, type Direction, EdmaRegisters, elementSize, linkedList } from "./harness/edma.ts";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { Smmu, smmuArguments } from "./harness/smmu.ts";

/** Slot 31 of bus 0, which no configuration space shows. */
const stream = 0xf8;
const nextStream = 0xf9;
const tables = ramBase + 0x100_0000n;
const barSize = 0x4000;

/** In the controller's address space: two pages each of lists and of data, in memory not side by side and not in this order. */
const lists = 0x8000_0000n;
const buffer = 0x8001_0000n;
const registers = 0x8002_0000n;
const listPages = [list + 0x3000n, list + 0x1000n] as const;
const bufferPages = [local + 0x4000n, local + 0x2000n] as const;

let pair: LinkedPair;
let smmu: Smmu;
let bar: bigint;
beforeEach(async () => {
  pair = await LinkedPair.start({ iommu: "on" }, { endpointArguments: smmuArguments });
  await pair.implementBar(0, barSize);
  bar = (await pair.linkUp()).get(0)?.address ?? 0n;
  smmu = new Smmu(pair.endpoint.bus, tables);
});
afterEach(() => pair?.stop());

async function translate() {
  await smmu.enable(stream);
  for (const [index, page] of listPages.entries())
    await smmu.map(lists + BigInt(index << 12), page);
  for (const [index, page] of bufferPages.entries())
    await smmu.map(buffer + BigInt(index << 12), page);
  await smmu.map(registers, endpointMap.dma);
}

/** Bytes of the controller's two pages of data, where they are in memory. */
const half = 0x1000;
const inBuffer = {
  read: async (size: number) =>
    Buffer.concat([
      await pair.endpoint.bus.read(bufferPages[0], Math.min(size, half)),
      await pair.endpoint.bus.read(bufferPages[1], size - half),
    ]),
  write: async (bytes: Buffer) => {
    await pair.endpoint.bus.write(bufferPages[0], bytes.subarray(0, half));
    await pair.endpoint.bus.write(bufferPages[1], bytes.subarray(half));
  },
};

/** An element between the host's memory and what the controller sees at `at`. */
function element(direction: Direction, size: number, at = buffer) {
  const { source, destination } = data(direction, size, control.cycle);
  const ends = direction === "write" ? { source: at, destination } : { source, destination: at };
  return { ...ends, size, flags: control.cycle };
}

/** The first element lies on the edge of the two pages. */
const edge = 0x1000n - BigInt(elementSize) / 2n;

async function start(
  direction: Direction,
  one: ReturnType<typeof element>,
  { at = lists + edge, end = lists } = {},
) {
  const bytes = linkedList([one, { next: end, flags: control.toggleCycle }]);
  const first = Number(0x1000n - edge);
  await pair.endpoint.bus.write(listPages[0] + edge, bytes.subarray(0, first));
  await pair.endpoint.bus.write(listPages[1], bytes.subarray(first));
  await pair.edma.prepareList(direction, 0, at);
  await pair.edma.ring(direction, 0);
}

const bytes = pattern(5000, 3);

describe("what is mapped for the controller", () => {
  beforeEach(translate);

  it("the engine takes lists and moves data from page to page, wherever they are", async () => {
    const there = data("write", bytes.length, 0).destination;
    await inBuffer.write(bytes);
    await start("write", element("write", bytes.length));
    await untilState(pair, "write", 0, "stopped");
    expect((await pair.host.bus.read(there, bytes.length)).equals(bytes)).toBe(true);

    const back = Buffer.from(bytes).reverse();
    await pair.host.bus.write(data("read", 1, 0).source, back);
    await start("read", element("read", back.length));
    await untilState(pair, "read", 0, "stopped");
    expect((await inBuffer.read(back.length)).equals(back)).toBe(true);
    expect(await smmu.events()).toBe(0);
    expect((await pair.stats()).faults).toBe(0);
  });

  it.each(["bar", "address"] as const)("an inbound window shows it, by %s match", async (how) => {
    await showWindow(how, buffer);
    await inBuffer.write(bytes);
    expect(await pair.host.bus.readl(bar + 0xffcn)).toBe(bytes.readUInt32LE(0xffc));
    expect(await pair.host.bus.readl(bar + 0x1000n)).toBe(bytes.readUInt32LE(0x1000));
    await pair.host.bus.writel(bar + 0x1010n, 0x600d_f00d);
    await eventually(() => pair.endpoint.bus.readl(bufferPages[1] + 0x10n), 0x600d_f00d);
    expect(await smmu.events()).toBe(0);
  });

  it("the host drives the engine by it, and its doorbell passes none of its writes", async () => {
    await pair.iatu.mapInbound(0, bar, 0x2000n, registers);
    await pair.iatu.mapInbound(1, bar + 0x2000n, 0x2000n, lists);
    const engine = new EdmaRegisters(pair.host.bus, bar);
    await inBuffer.write(bytes);
    const written = linkedList([
      element("write", bytes.length),
      { next: lists, flags: control.toggleCycle },
    ]);
    for (let at = 0; at < written.length; at += 4)
      await pair.host.bus.writel(bar + 0x2000n + BigInt(at), written.readUInt32LE(at));
    await engine.prepareList("write", 1, lists);
    await engine.ring("write", 1);
    await untilState(pair, "write", 1, "stopped");
    const there = data("write", bytes.length, 0).destination;
    expect((await pair.host.bus.read(there, bytes.length)).equals(bytes)).toBe(true);
    expect(await engine.state("write", 1)).toBe("stopped");
    expect(await smmu.events()).toBe(0);
  });

  it("a page that may only be read is read, and not written", async () => {
    const readOnly = 0x8004_0000n;
    await smmu.map(readOnly, local, { writable: false });
    await pair.endpoint.bus.writel(local, 0x600d_600d);
    await start("write", element("write", 64, readOnly));
    await untilState(pair, "write", 0, "stopped");
    expect(await smmu.events()).toBe(0);
    await start("read", element("read", 64, readOnly));
    await untilState(pair, "read", 0, "halted");
    await showWindow("bar", readOnly);
    expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
    await pair.host.bus.writel(bar, 0xbad);
    expect(await pair.host.bus.readl(bar)).toBe(0x600d_600d);
    expect(await smmu.events()).toBe(2);
  });
});

describe("what is not", () => {
  beforeEach(translate);

  it.each([
    ["a list", { at: listPages[0] + edge }, buffer],
    ["data to be read", {}, bufferPages[0]],
  ])("%s at its physical address aborts", async (_what, where, at) => {
    await start("write", element("write", 64, at), where);
    await untilState(pair, "write", 0, "halted");
    expect(await smmu.events()).toBeGreaterThan(0);
  });

  it("data to be written aborts, and leaves memory alone", async () => {
    await pair.endpoint.bus.writel(bufferPages[0], 0x600d_600d);
    await start("read", element("read", 64, bufferPages[0]));
    await untilState(pair, "read", 0, "halted");
    expect(await pair.endpoint.bus.readl(bufferPages[0])).toBe(0x600d_600d);
  });

  it("a window onto it reads all ones and takes no writes; each is counted and recorded", async () => {
    await showWindow("bar", bufferPages[0]);
    await pair.endpoint.bus.writel(bufferPages[0], 0x600d_600d);
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
    await pair.host.bus.writel(bar, 0xbad);
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
    expect(await pair.endpoint.bus.readl(bufferPages[0])).toBe(0x600d_600d);
    expect(await smmu.events()).toBe(3);
    expect((await pair.stats()).faults).toBe(3);
  });

  it("the engine's registers, too, want to be mapped", async () => {
    await showWindow("bar", endpointMap.dma);
    await pair.host.bus.writel(bar + 0x54n, 0x5);
    expect(await pair.host.bus.readl(bar + 0x54n)).toBe(0xffff_ffff);
    expect(await pair.edma.read("intMask", "write")).toBe(0);
  });
});

describe("when the guest takes a mapping away", () => {
  beforeEach(translate);

  it("a transfer that is under way aborts", async () => {
    const direction = "write";
    await pair.endpoint.bus.write(
      listPages[0],
      linkedList([element(direction, 4096), { next: lists, flags: control.cycle }]),
    );
    await pair.edma.prepareList(direction, 0, lists);
    await pair.edma.ring(direction, 0);
    await eventually(async () => ((await pair.stats()).write[0]?.elements ?? 0) > 10, true);
    await smmu.unmap(buffer);
    await untilState(pair, direction, 0, "halted");
    expect(await smmu.events()).toBeGreaterThan(0);
  });
});

describe("before the guest has enabled the SMMU", () => {
  it("addresses are physical ones", async () => {
    await showWindow("bar", local);
    await pair.endpoint.bus.writel(local, 0x1234_5678);
    expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
    await runEndlessly(pair, "write", 0);
    await eventually(async () => ((await pair.stats()).write[0]?.elements ?? 0) > 10, true);
  });

  it("all aborts if the guest says so", async () => {
    await showWindow("bar", local);
    await smmu.abortAll(true);
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
    await runEndlessly(pair, "write", 0);
    await untilState(pair, "write", 0, "halted");
    await smmu.abortAll(false);
    await pair.endpoint.bus.writel(local, 0x1234_5678);
    expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
  });
});

it("a machine has a stream for each of its controllers", async () => {
  const directory = await makeTemporaryDirectory();
  const other = `dwc-pcie-ep,id=other,link=${directory.path}/other,registers-base=0xb100000,outbound-base=0x6100000000,irq-base=200`;
  const two = await LinkedPair.start(
    { iommu: "on" },
    { endpointArguments: [...smmuArguments, "-device", `${other},iommu=on`] },
  );
  try {
    const theirs = new Smmu(two.endpoint.bus, tables);
    await theirs.enable(nextStream);
    await theirs.map(buffer, local);
    await two.implementBar(0, barSize);
    const at = (await two.linkUp()).get(0)?.address ?? 0n;
    await two.iatu.mapBar(0, 0, buffer);
    await two.endpoint.bus.writel(local, 0x1234_5678);
    // The first one on the command line was the other.
    expect(await two.host.bus.readl(at)).toBe(0x1234_5678);
  } finally {
    await two.stop();
    await directory.remove();
  }
});

describe("iommu=on is refused", () => {
  const on = (more: Readonly<Record<string, string>>, args: readonly string[]) =>
    LinkedPair.start({ iommu: "on", ...more }, { endpointArguments: args });

  it("on a machine without an SMMU", async () => {
    await expect(on({}, [])).rejects.toThrow("iommu=on needs an SMMU: -M virt,iommu=smmuv3");
  });

  it("with RAM that is elsewhere by itself", async () => {
    await expect(on({ "dma-offset": "0x80000000" }, smmuArguments)).rejects.toThrow(
      "dma-offset must be 0 with iommu=on, for the SMMU says where RAM is, not 0x80000000",
    );
  });

  it("where somebody else has its slot", async () => {
    const taken = ["-device", "pcie-root-port,id=taken,chassis=9,addr=1f.0"];
    await expect(on({}, [...smmuArguments, ...taken])).rejects.toThrow(
      "iommu=on needs slot 31 of the bus pcie.0 for its stream, and there is pcie-root-port",
    );
  });
});

function showWindow(how: "bar" | "address", target: bigint) {
  return how === "bar"
    ? pair.iatu.mapBar(0, 0, target)
    : pair.iatu.mapInbound(0, bar, BigInt(barSize), target);
}
