// SPDX-License-Identifier: MIT
//
// QEMU with the project's devices. QEMU itself is the distribution's, unchanged; what is built is a library that it is
// started with.

import type { QemuArtifacts } from "../artifacts.ts";
import type { Suite } from "./archive/apt.ts";
import type { Cache } from "./cache/cache.ts";
import type { Snapshot } from "./cache/snapshot.ts";
import type { Compilers } from "./kernel/compilers.ts";
import {
  type DebianQemu,
  fetchDebianQemu,
  findDebianQemu,
  unpackDebianQemu,
} from "./qemu/debian.ts";
import { buildDevices, findDevices, makeVariables } from "./qemu/devices.ts";
import type { Workshop } from "./workshop.ts";

export interface QemuInputs {
  readonly suite: Suite;
  /** Whether its headers are needed, though the devices may be there already. */
  readonly headers: boolean;
  /** qemu-devices of the project: `src/` and its Makefile. */
  readonly devices: Snapshot;
  readonly compilers: Compilers;
}

/** The finished QEMU for the devices as they are now, if the cache has it. */
export async function findQemu(
  cache: Cache,
  { suite, headers, ...inputs }: QemuInputs,
): Promise<QemuArtifacts | undefined> {
  const plain = await findDebianQemu(cache, suite);
  if (plain === undefined || (headers && !(await plain.hasHeaders()))) return undefined;
  const binary = await findDevices(cache, { plain, ...inputs });
  return binary === undefined ? undefined : describe(plain, binary);
}

/** Fetches QEMU, and builds the devices, as far as that has not been done. */
export async function makeQemu(
  workshop: Workshop,
  { suite, ...inputs }: QemuInputs,
): Promise<QemuArtifacts> {
  const { cache } = workshop;
  await workshop.prepareMachine();
  const download = await workshop.step("qemu-fetch", "Fetch QEMU", (step) =>
    fetchDebianQemu(cache, suite, step),
  );
  const { version } = download.pin;
  const plain = await workshop.step("qemu-unpack", `Unpack QEMU ${version}`, (step) =>
    unpackDebianQemu(cache, download, step),
  );
  const binary = await workshop.step(
    "devices-build",
    `Build the devices for QEMU ${version}`,
    (step) => buildDevices(cache, { plain, ...inputs }, step),
  );
  return describe(plain, binary);
}

function describe(plain: DebianQemu, binary: string): QemuArtifacts {
  const where = plain.installed ? "installed" : "packages";
  const version = `Debian ${plain.version} (${where})`;
  return { binary, version, make: makeVariables(plain) };
}
