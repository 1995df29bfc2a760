// SPDX-License-Identifier: MIT
//
// QEMU with the project's devices. QEMU itself is the distribution's or a person's own, unchanged; what is built is a
// library that it is started with.

import type { QemuArtifacts } from "../artifacts.ts";
import { Archive, hostArchitecture } from "./archive/apt.ts";
import type { Cache } from "./cache/cache.ts";
import type { Snapshot } from "./cache/snapshot.ts";
import type { Compilers } from "./kernel/compilers.ts";
import type { Provisioning } from "./provisioning.ts";
import type { DebianChoice, QemuChoice } from "./qemu/choice.ts";
import { fetchDebianQemu, findDebianQemu, unpackDebianQemu } from "./qemu/debian.ts";
import { buildDevices, findDevices, makeVariables } from "./qemu/devices.ts";
import { fetchHeaders, lookAtQemu } from "./qemu/own.ts";
import type { PlainQemu } from "./qemu/plain.ts";

export interface QemuInputs {
  readonly choice: QemuChoice;
  /** Whether its headers are needed, though the devices may be there already. */
  readonly headers: boolean;
  /** qemu-devices of the project: `src/`, `headers/` and the Makefile. */
  readonly devices: Snapshot;
  readonly compilers: Compilers;
}

/**
 * The finished QEMU for the devices as they are now, if the cache has it.
 *
 * @throws UsageError for a QEMU of one's own that cannot run the VMs.
 */
export async function findQemu(
  cache: Cache,
  { choice, headers, ...inputs }: QemuInputs,
): Promise<QemuArtifacts | undefined> {
  const plain =
    choice.kind === "debian"
      ? await findDebianQemu(cache, choice)
      : await lookAtQemu(cache, choice.path);
  if (plain === undefined || (headers && !(await plain.hasHeaders(cache)))) return undefined;
  const binary = await findDevices(cache, { plain, ...inputs });
  return binary === undefined ? undefined : describe(plain, binary);
}

/** Fetches what is to be fetched, and builds the devices, as far as that has not been done. */
export async function makeQemu(
  provisioning: Provisioning,
  { choice, ...inputs }: QemuInputs,
): Promise<QemuArtifacts> {
  const { cache } = provisioning;
  await provisioning.prepareMachine();
  const plain =
    choice.kind === "debian"
      ? await haveDebian(provisioning, choice)
      : await haveOwn(provisioning, choice.path);
  const title = `Build the devices for QEMU ${plain.version}`;
  const binary = await provisioning.task("devices-build", title, (task) =>
    buildDevices(cache, { plain, ...inputs }, task),
  );
  return describe(plain, binary);
}

async function haveDebian(provisioning: Provisioning, choice: DebianChoice): Promise<PlainQemu> {
  const { cache } = provisioning;
  const download = await provisioning.fetch("qemu-fetch", "Fetch QEMU", (task) =>
    fetchDebianQemu(cache, choice, task),
  );
  return provisioning.task("qemu-unpack", `Unpack QEMU ${download.pin.version}`, (task) =>
    unpackDebianQemu(cache, download, task),
  );
}

async function haveOwn(provisioning: Provisioning, path: string): Promise<PlainQemu> {
  const { cache } = provisioning;
  const found = await lookAtQemu(cache, path);
  const { source } = found;
  if (source === undefined || (await found.hasHeaders(cache))) return found;
  const title = `Fetch the headers of QEMU ${source}`;
  await provisioning.fetch("qemu-fetch", title, (task) =>
    fetchHeaders(cache, new Archive(cache, hostArchitecture), source, task),
  );
  return lookAtQemu(cache, path);
}

function describe(plain: PlainQemu, binary: string): QemuArtifacts {
  return { binary, version: plain.version, make: makeVariables(plain) };
}
