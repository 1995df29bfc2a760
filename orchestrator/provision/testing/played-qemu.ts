// SPDX-License-Identifier: MIT
//
// A person's own QEMU, built in its place so that its headers are there, which only answers as QEMU does; and devices whose
// makefile makes empty files.

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Snapshot } from "../cache/snapshot.ts";
import { file } from "./played-guest.ts";

const machines = {
  aarch64: [
    "virt                 QEMU 10.0 ARM Virtual Machine (alias of virt-10.0)",
    "cortex-a55",
  ],
  x86_64: ["q35                  Standard PC (Q35 + ICH9, 2009)", "max"],
} as const;

const answers = (machine: string, cpu: string) => `#!/bin/sh
case "$*" in
*--version*) echo 'QEMU emulator version 10.0.13' ;;
*-device*) ;;
*-cpu*) echo '  ${cpu}' ;;
*-machine*) echo '${machine}' ;;
esac
`;

/** Puts it below a directory; returns where it was built. */
export function playedQemu(root: string): string {
  const files: Record<string, string> = Object.fromEntries(
    ["include/qemu/osdep.h", "VERSION", "build/config-host.h"].map((path) => [path, ""]),
  );
  for (const [kind, [machine, cpu]] of Object.entries(machines)) {
    files[`build/qemu-system-${kind}`] = answers(machine, cpu);
  }
  for (const [path, text] of Object.entries(files)) {
    const full = join(root, "qemu", path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    if (text !== "") chmodSync(full, 0o755);
  }
  return join(root, "qemu/build");
}

const makefile = `all:
	@mkdir -p $(O)
	@touch $(O)/ntb-edma.so $(O)/ntb-edma-devices.so $(O)/accel-qtest-aarch64.so
`;

export const playedDevices: Snapshot = [file("Makefile", makefile)];
