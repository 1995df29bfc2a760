// SPDX-License-Identifier: MIT
//
// The project's own sources that are built into what a run boots.

import { join, resolve } from "node:path";
import { type Snapshot, takeSnapshot } from "./cache/snapshot.ts";
import type { GuestSources } from "./guest.ts";
import { withPrograms } from "./image/with-programs.ts";

const PROJECT = resolve(import.meta.dirname, "../..");

/** With those of the devices. */
export type LabSources = GuestSources & { readonly devices: Snapshot };

/** @param programs those that not every image has. */
export async function readSources(programs: readonly string[] = []): Promise<LabSources> {
  const guest = join(PROJECT, "guest-images");
  const [devices, modules, definition, builder] = await Promise.all([
    takeSnapshot(join(PROJECT, "qemu-devices"), isDeviceSource),
    takeSnapshot(join(guest, "modules"), isModuleSource),
    takeSnapshot(join(guest, "rootfs")),
    takeSnapshot(join(import.meta.dirname, "image"), (path) =>
      /^(cpio|elf|rootfs|image)\.ts$/.test(path),
    ),
  ]);
  return { devices, modules, definition: withPrograms(definition, programs), builder };
}

/** Tests and documentation beside the devices do not change what is built. */
function isDeviceSource(path: string): boolean {
  return /^(src|headers)\//.test(path) || path === "Makefile";
}

function isModuleSource(path: string): boolean {
  return /\/([^/]+\.[chS]|Kbuild|Makefile)$/.test(path);
}
