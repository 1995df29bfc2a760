// SPDX-License-Identifier: MIT
/** Programs for the CPUs of two machines on one virtual time, a few instructions each. */
import type { Machine } from "./machine.ts";

/** A program's first instruction, and what it leaves behind: in the RAM of the machine that runs it. */
export const programBase = 0x4008_0000n;
export const results = 0x4010_0000n;
/** The word that `counting` counts up. */
export const counter = 0x4020_0000n;

/** Ticks of the architected timer are 16 ns. */
export const tickNs = 16;

/** Counts a word of its RAM up, for good, in three instructions. */
export const counting: readonly number[] = [
  0xd2a8_0401, //    mov x1, #0x40200000
  0xd280_0002, //    mov x2, #0
  0x9100_0442, // 1: add x2, x2, #1
  0xb900_0022, //    str w2, [x1]
  0x17ff_fffe, //    b 1b
];

/** Has nothing to do. */
export const idling: readonly number[] = [
  0xd503_207f, // 1: wfi
  0x17ff_ffff, //    b 1b
];

/**
 * Reads a word at 0x10000000 a thousand times and then writes another one a thousand times. Results, 8 bytes each: the
 * ticks of all reads, the last one's value, the ticks of all writes, and 1 when these three are there.
 */
export const accessing: readonly number[] = [
  0xd2a2_0001, //    mov x1, #0x10000000
  0xd2a8_0202, //    mov x2, #0x40100000
  0xd280_7d03, //    mov x3, #1000
  0xd503_3fdf, //    isb
  0xd53b_e044, //    mrs x4, cntvct_el0
  0xb940_0025, // 1: ldr w5, [x1]
  0xf100_0463, //    subs x3, x3, #1
  0x54ff_ffc1, //    b.ne 1b
  0xd503_3fdf, //    isb
  0xd53b_e046, //    mrs x6, cntvct_el0
  0xcb04_00c6, //    sub x6, x6, x4
  0xf900_0046, //    str x6, [x2]
  0xf900_0445, //    str x5, [x2, #8]
  0xd280_7d03, //    mov x3, #1000
  0xd503_3fdf, //    isb
  0xd53b_e044, //    mrs x4, cntvct_el0
  0xb900_0823, // 2: str w3, [x1, #8]
  0xf100_0463, //    subs x3, x3, #1
  0x54ff_ffc1, //    b.ne 2b
  0xd503_3fdf, //    isb
  0xd53b_e046, //    mrs x6, cntvct_el0
  0xcb04_00c6, //    sub x6, x6, x4
  0xf900_0846, //    str x6, [x2, #16]
  0xd280_0027, //    mov x7, #1
  0xf900_0c47, //    str x7, [x2, #24]
  0xd503_207f, // 3: wfi
  0x17ff_ffff, //    b 3b
];

/** A clock that goes by instructions and by what the profile says. */
export const timed: readonly string[] = [
  ...["-icount", "shift=0,sleep=off", "-device", "virtual-time,id=time,profile=r-car-s4"],
];

/** With these a machine is ready to run a program, and waits for `run()`. */
export const programArguments: readonly string[] = [
  ...["-cpu", "cortex-a55", "-S"],
  ...timed,
  ...["-device", `loader,addr=0x${programBase.toString(16)},cpu-num=0`],
];

export async function load(
  machine: Machine,
  program: readonly number[],
  at: bigint = programBase,
): Promise<void> {
  const bytes = Buffer.alloc(program.length * 4);
  program.forEach((word, index) => {
    bytes.writeUInt32LE(word, index * 4);
  });
  await machine.bus.write(at, bytes);
}
