// SPDX-License-Identifier: MIT
/** How many messages of a type have left a machine; it was started with `traceMessages`. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Machine } from "./machine.ts";

/** Arguments of a machine whose files are in `directory`. QEMU itself writes the log: what has left is in it. */
export const traceMessages = (directory: string) =>
  ["-trace", "dwc_link_send", "-D", join(directory, logName)] as const;

const logName = "messages.log";

/** `type` is a name of `DwcLinkType`, without its prefix (`qemu-devices/src/link/protocol.h`). */
export async function messagesSent(machine: Machine, type: string): Promise<number> {
  return (
    (await readFile(join(dirname(machine.log), logName), "utf8")).split(`dwc_link_send ${type} `)
      .length - 1
  );
}
