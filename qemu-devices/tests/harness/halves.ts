// SPDX-License-Identifier: MIT
/** A 64-bit address as the two 32-bit registers that hold it. */

export function low(value: bigint): number {
  return Number(value & 0xffff_ffffn);
}

export function high(value: bigint): number {
  return Number(value >> 32n);
}
