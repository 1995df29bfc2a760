// SPDX-License-Identifier: MIT
import { callerDirectory } from "../../project.ts";
import { type QemuChoice, qemuAnywhere, readQemuChoice } from "../../provision/qemu/choice.ts";
import type { Flags } from "./flags.ts";

/** For every command that has something to do with QEMU. */
export const qemuFlags = {
  qemu: {
    type: "string",
    value: "debian:trixie|debian:backports|DIR|PROGRAM",
    help: "the QEMU that runs the VMs: Debian's (default: debian:trixie), one of your own, or the directory\nwhere it was built",
    anywhere: qemuAnywhere,
  },
} as const satisfies Flags;

/** Throws UsageError for a word that names no QEMU. */
export function qemuChoice(
  values: { readonly qemu?: string | undefined },
  directory = callerDirectory(),
): QemuChoice {
  return readQemuChoice(values.qemu, directory);
}
