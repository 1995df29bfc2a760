// SPDX-License-Identifier: MIT
/** How many messages of a type have left a machine; it was started with `traceMessages`. */
import { readFile } from "node:fs/promises";
import type { Machine } from "./machine.ts";

export const traceMessages = ["-trace", "dwc_link_send"] as const;

/** `type` is a name of `DwcLinkType`, without its prefix (`qemu-devices/src/link/protocol.h`). */
export async function messagesSent(machine: Machine, type: string): Promise<number> {
  return (await readFile(machine.log, "utf8")).split(`dwc_link_send ${type} `).length - 1;
}
