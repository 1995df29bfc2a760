// SPDX-License-Identifier: MIT
/**
 * A controller that sees its RAM at other addresses than its CPUs do (`dma-offset`), as behind a bus with `dma-ranges`: what is
 * programmed into it has to be DMA addresses.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";
import { data, list, local, pattern, untilState } from "./harness/dma.ts";
import { control, linkedList } from "./harness/edma.ts";
import { endpointMap, LinkedPair } from "./harness/linked-pair.ts";

const offset = 0x8000_0000n;
const barSize = 0x10000;

let pair: LinkedPair;
let bar = 0n;
beforeAll(async () => {
  pair = await LinkedPair.start({ "dma-offset": `0x${offset.toString(16)}` });
  await pair.implementBar(0, barSize);
  bar = (await pair.linkUp()).get(0)?.address ?? 0n;
});
afterAll(() => pair?.stop());

const bytes = pattern(5000, 3);

/** Runs a list of one element, where list and local end are as seen by the CPUs, `shifted` by so much for the engine. */
async function run(direction: "write" | "read", shifted: { list: bigint; local: bigint }) {
  const element = data(direction, bytes.length, control.cycle);
  const [from, to] =
    direction === "write" ? [pair.endpoint.bus, pair.host.bus] : [pair.host.bus, pair.endpoint.bus];
  await from.write(element.source, bytes);
  await to.write(element.destination, Buffer.alloc(bytes.length));
  const end = direction === "write" ? "source" : "destination";
  const seen = { ...element, [end]: element[end] + shifted.local };
  const back = { next: list + shifted.list, flags: control.toggleCycle };
  await pair.endpoint.bus.write(list, linkedList([seen, back]));
  await pair.edma.prepareList(direction, 0, list + shifted.list);
  await pair.edma.ring(direction, 0);
  return () => to.read(element.destination, bytes.length);
}

describe.each(["write", "read"] as const)("a %s channel", (direction) => {
  it("finds list and data at DMA addresses", async () => {
    const arrived = await run(direction, { list: offset, local: offset });
    await untilState(pair, direction, 0, "stopped");
    expect((await arrived()).equals(bytes)).toBe(true);
  });

  it.each([
    ["list", { list: 0n, local: offset }],
    ["data", { list: offset, local: 0n }],
  ])("aborts where the %s is told by a CPU's address", async (_what, shifted) => {
    const arrived = await run(direction, shifted);
    await untilState(pair, direction, 0, "halted");
    expect((await arrived()).equals(bytes)).toBe(false);
  });
});

describe("an inbound window", () => {
  it.each(["bar", "address"] as const)("shows RAM at its DMA address, by %s match", async (how) => {
    const show = (target: bigint) =>
      how === "bar"
        ? pair.iatu.mapBar(0, 0, target)
        : pair.iatu.mapInbound(0, bar, BigInt(barSize), target);
    await pair.endpoint.bus.writel(local, 0x1234_5678);
    await show(local + offset);
    expect(await pair.host.bus.readl(bar)).toBe(0x1234_5678);
    await pair.host.bus.writel(bar, 0x600d_f00d);
    expect(await pair.endpoint.bus.readl(local)).toBe(0x600d_f00d);
    await show(local);
    await pair.host.bus.writel(bar, 0xbad);
    expect(await pair.host.bus.readl(bar)).toBe(0xffff_ffff);
    expect(await pair.endpoint.bus.readl(local)).toBe(0x600d_f00d);
    // All of it leads nowhere, and no part of it to what has the lowest addresses.
    for (let at = 0; at < barSize; at += 0x1000) {
      expect(await pair.host.bus.readl(bar + BigInt(at))).toBe(0xffff_ffff);
    }
  });

  it("shows devices where the CPUs have them", async () => {
    await pair.iatu.mapBar(0, 0, endpointMap.dma);
    await pair.edma.write("intMask", "read", 0x5);
    expect(await pair.host.bus.readl(bar + 0xa8n)).toBe(0x5);
  });
});

it("an offset that no page table could have is refused", async () => {
  await expect(LinkedPair.start({ "dma-offset": "0x800" })).rejects.toThrow(
    "dma-offset must be a multiple of 64 KiB, not 0x800",
  );
});

it.each(["0xffffffffc0000000", "0xffffffffbffe0000"])(
  "an offset by which RAM is below itself, where devices are, or beyond the last address is refused: %s",
  async (wrong) => {
    await expect(LinkedPair.start({ "dma-offset": wrong })).rejects.toThrow(
      `dma-offset must leave the RAM above where the CPUs see it, not ${wrong}`,
    );
  },
);

it("two controllers of a machine have a bus each", async () => {
  const directory = await makeTemporaryDirectory();
  const controller = (id: string, more: string) =>
    `dwc-pcie-ep,id=${id},link=${directory.path}/${id},dma-offset=0x80000000${more}`;
  const other = ",registers-base=0xb100000,outbound-base=0x6100000000,irq-base=200";
  const hostArguments = ["-device", controller("a", ""), "-device", controller("b", other)];
  const two = await LinkedPair.start({}, { hostArguments });
  await two.stop();
  await directory.remove();
});
