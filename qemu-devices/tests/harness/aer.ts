// SPDX-License-Identifier: MIT
/** Advanced error reporting, where QEMU's root port and the function both have it (PCIe base specification, 7.8.4). */

const capability = 0x100;

/** Registers of the capability, those of the root complex behind them. */
export const aer = {
  start: capability,
  uncorrectable: capability + 0x04,
  mask: capability + 0x08,
  severity: capability + 0x0c,
  correctable: capability + 0x10,
  correctableMask: capability + 0x14,
  capabilities: capability + 0x18,
  header: (word: number) => capability + 0x1c + 4 * word,
  rootCommand: capability + 0x2c,
  rootStatus: capability + 0x30,
  errorSource: capability + 0x34,
} as const;

/** Bits of the uncorrectable ones. */
export const poisoned = 1 << 12;
export const completionTimeout = 1 << 14;
export const malformed = 1 << 18;
export const unsupportedRequest = 1 << 20;
/** Of the correctable ones. */
export const advisory = 1 << 13;
