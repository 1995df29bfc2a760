// SPDX-License-Identifier: MIT
/** What a CPU takes to wake. */
import { afterEach, expect, it } from "vitest";
import { eventually } from "./harness/eventually.ts";
import { LinkedPair } from "./harness/linked-pair.ts";
import { idling, load, programArguments, results, tickNs } from "./harness/program.ts";

let pair: LinkedPair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

/**
 * Waits for the interrupt of its timer, which comes after 3 ms, and then once more, after 5 ms. Results, 8 bytes each: the ticks of
 * either wait, and 1 when both are there.
 */
const waiting: readonly number[] = [
  0xd2a1_0001, //    mov x1, #0x08000000, the GIC's distributor: group 1 is on
  0x5280_0242, //    mov w2, #0x12
  0xb900_0022, //    str w2, [x1]
  0xd2a1_0141, //    mov x1, #0x080a0000, the CPU's redistributor is awake
  0xb900_143f, //    str wzr, [x1, #0x14]
  0xd2a1_0161, //    mov x1, #0x080b0000, and lets interrupt 27 through, in group 1
  0x1280_0002, //    mov w2, #-1
  0xb900_8022, //    str w2, [x1, #0x80]
  0x52a1_0002, //    mov w2, #0x08000000
  0xb901_0022, //    str w2, [x1, #0x100]
  0xd280_1e02, //    mov x2, #0xf0
  0xd518_4602, //    msr icc_pmr_el1, x2
  0xd280_0022, //    mov x2, #1
  0xd518_cce2, //    msr icc_igrpen1_el1, x2
  0xd2a8_0201, //    mov x1, #0x40100000
  0xd29b_8d83, //    mov x3, #187500 of 16 ns
  0xf2a0_0043,
  0xd280_0044, //    mov x4, #2
  0xd51b_e303, // 1: msr cntv_tval_el0, x3
  0xd51b_e322, //    msr cntv_ctl_el0, x2
  0xd503_3fdf, //    isb
  0xd53b_e045, //    mrs x5, cntvct_el0
  0xd503_207f, //    wfi
  0xd503_3fdf, //    isb
  0xd53b_e046, //    mrs x6, cntvct_el0
  0xd51b_e33f, //    msr cntv_ctl_el0, xzr
  0xcb05_00c6, //    sub x6, x6, x5
  0xf800_8426, //    str x6, [x1], #8
  0xd298_9683, //    mov x3, #312500
  0xf2a0_0083,
  0xf100_0484, //    subs x4, x4, #1
  0x54ff_fe61, //    b.ne 1b
  0xf900_0022, //    str x2, [x1]
  0xd503_207f, // 2: wfi
  0x17ff_ffff, //    b 2b
];

/** How long each of the two waits took, in µs. */
async function waits(joined: boolean, properties: string): Promise<number[]> {
  const given = programArguments.map((word) =>
    word.startsWith("virtual-time") ? word + properties : word,
  );
  pair = await LinkedPair.start({}, { accelerator: "tcg", arguments: given });
  const { host, endpoint } = pair;
  await load(endpoint, idling);
  await load(host, waiting);
  if (joined) {
    await pair.linkUp();
    await endpoint.qmp.execute("cont");
  }
  await host.qmp.execute("cont");
  await eventually(async () => host.bus.readl(results + 16n), 1);
  const ticks = [await host.bus.readl(results), await host.bus.readl(results + 8n)];
  return ticks.map((each) => Math.round((each * tickNs) / 1000));
}

it.each([
  ["alone", false],
  ["on one time with its peer", true],
])("a CPU that was idle for 4 ms and more takes 500 µs to wake: %s", async (_what, joined) => {
  expect(await waits(joined, ",cpuidle=on")).toEqual([3000, 5500]);
});

it("where its idle states are off it executes at once", async () => {
  expect(await waits(true, "")).toEqual([3000, 5000]);
});

it("an RK3588 takes 120 µs, after idle times of 1 ms already", async () => {
  const rk3588 = ",cpuidle=on,profile=rk3588";
  expect(await waits(true, rk3588)).toEqual([3120, 5120]);
});
