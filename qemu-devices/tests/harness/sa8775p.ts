// SPDX-License-Identifier: MIT
/** Registers of the SA8775P's glue and their bits. Source: Linux `drivers/pci/controller/dwc/pcie-qcom-ep.c`. */

export const registers = 0x0b00_0000n;
export const parf = registers + 0x3_0000n;
export const resets = registers + 0x5_0000n;

export const debugInterrupts = parf + 0x190n;
export const ltssm = parf + 0x1b0n;
export const intStatus = parf + 0x224n;
export const intClear = parf + 0x228n;
export const intMask = parf + 0x22cn;
export const deviceType = parf + 0x1000n;

export const ltssmEnable = 1 << 8;
export const linkDown = 1 << 1;
export const busMaster = 1 << 2;
export const powerState = 1 << 8;
export const linkUp = 1 << 13;
