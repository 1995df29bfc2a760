// SPDX-License-Identifier: MIT

/** Which end of the PCIe link a VM is: the root complex or the endpoint. */
export type Role = "host" | "endpoint";

/** In the order in which they start: the host finds the endpoint when it boots. */
export const roles: readonly Role[] = ["endpoint", "host"];
