// SPDX-License-Identifier: MIT
/**
 * What a CPU of the endpoint gets for an outbound read that nobody answers: all ones, or an error, as AMBA_ERROR_RESPONSE_DEFAULT says
 * (`pci-layerscape.c` sets its bit 0, PCIE_ABSERR).
 */
import { afterEach, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { endpointMap, LinkedPair, ramBase } from "./harness/linked-pair.ts";
import { load, programBase, results } from "./harness/program.ts";

/**
 * Reads a word at the start of the outbound window. Results, 8 bytes each: what it reads, the syndrome if that fails, and 1 or 2
 * when it has read or failed.
 */
const reading: readonly number[] = [
  0xd2a8_0120, //    mov x0, #0x40090000: where the vectors are
  0xd518_c000, //    msr vbar_el1, x0
  0xd503_3fdf, //    isb
  0xd2a8_0201, //    mov x1, #0x40100000
  0xd2c0_0c02, //    mov x2, #0x6000000000
  0xb940_0043, //    ldr w3, [x2]
  0xb900_0023, //    str w3, [x1]
  0xd280_0027, //    mov x7, #1
  0xf900_0827, //    str x7, [x1, #16]
  0xd503_207f, // 1: wfi
  0x17ff_ffff, //    b 1b
];
/** A synchronous exception of this level. */
const vector = 0x4009_0200n;
const failing: readonly number[] = [
  0xd538_5204, //    mrs x4, esr_el1
  0xf900_0424, //    str x4, [x1, #8]
  0xd280_0047, //    mov x7, #2
  0xf900_0827, //    str x7, [x1, #16]
  0xd503_207f, // 1: wfi
  0x17ff_ffff, //    b 1b
];
const hasRead = 1;
const hasFailed = 2;
/** A data abort of the same level (ESR_ELx.EC), which is external and synchronous (DFSC). */
const externalAbort = (syndrome: number) => syndrome >>> 26 === 0x25 && (syndrome & 0x3f) === 0x10;

const errorResponse = endpointMap.dbi + 0x8d0n;
/** On the host's bus: RAM, and nothing. */
const somewhere = ramBase + 0x10_0000n;
const nowhere = 0x7f_0000_0000n;

let pair: LinkedPair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

/** The endpoint's CPU reads what the host has at `target`, if there is a link. */
async function read(
  properties: Readonly<Record<string, string>>,
  {
    target = nowhere,
    register,
    link = true,
  }: { target?: bigint; register?: number; link?: boolean },
) {
  const args = ["-cpu", "cortex-a55", "-S"];
  const cpu = ["-device", `loader,addr=0x${programBase.toString(16)},cpu-num=0`];
  pair = await LinkedPair.start(properties, { accelerator: "tcg", arguments: [...args, ...cpu] });
  const { endpoint, host } = pair;
  await load(endpoint, reading);
  await load(endpoint, failing, vector);
  await pair.implementBar(0, 0x1000);
  if (register !== undefined) await endpoint.bus.writel(errorResponse, register);
  await pair.iatu.mapOutbound(0, endpointMap.outbound, 0x1000n, target);
  if (link) await pair.linkUp();
  await host.bus.writel(somewhere, 0x1234_5678);
  await endpoint.qmp.execute("cont");
  const word = (at: bigint) => endpoint.bus.readl(results + at);
  await eventually(async () => (await word(16n)) > 0, true);
  return { value: await word(0n), syndrome: await word(8n), how: await word(16n) };
}

it.each([
  ["all ones where that is forgiven, as it is by default", {}, {}],
  [
    "all ones when its driver has asked for that",
    { "forgive-outbound-read": "off" },
    { register: 0 },
  ],
] as const)("is %s", async (_what, properties, given) => {
  expect(await read(properties, given)).toEqual({ value: 0xffff_ffff, syndrome: 0, how: hasRead });
});

it.each([
  ["where it is not forgiven", { "forgive-outbound-read": "off" }, {}],
  ["where its driver has asked for that", {}, { register: 1 }],
  ["without a link", { "forgive-outbound-read": "off" }, { link: false }],
] as const)("is an error %s", async (_what, properties, given) => {
  const { how, syndrome } = await read(properties, given);
  expect([how, externalAbort(syndrome)]).toEqual([hasFailed, true]);
});

it("is what is there, where something is", async () => {
  const found = await read({ "forgive-outbound-read": "off" }, { target: somewhere });
  expect(found).toEqual({ value: 0x1234_5678, syndrome: 0, how: hasRead });
});
