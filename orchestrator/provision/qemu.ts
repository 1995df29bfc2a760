// SPDX-License-Identifier: MIT
//
// QEMU with the project's devices. QEMU itself is the distribution's or a person's own, unchanged; what is built is a
// library that it is started with.

import type { QemuProgram } from "../artifacts.ts";
import { architectureNames, type GuestArchitecture } from "../guest-architectures.ts";
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
  /** Of the guests that it is to run. */
  readonly architecture: GuestArchitecture;
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
  { choice, architecture, headers, ...inputs }: QemuInputs,
): Promise<QemuProgram | undefined> {
  const plain =
    choice.kind === "debian"
      ? await findDebianQemu(cache, choice, architecture)
      : await lookAtQemu(cache, choice.path, architecture);
  if (plain === undefined || (headers && !(await plain.hasHeaders(cache)))) return undefined;
  const binary = await findDevices(cache, { plain, ...inputs });
  return binary === undefined ? undefined : describe(plain, binary);
}

/** Fetches what is to be fetched, and builds the devices, as far as that has not been done. */
export async function makeQemu(
  provisioning: Provisioning,
  { choice, architecture, ...inputs }: QemuInputs,
): Promise<QemuProgram> {
  const { cache } = provisioning;
  await provisioning.prepareMachine();
  const plain =
    choice.kind === "debian"
      ? await haveDebian(provisioning, choice, architecture)
      : await haveOwn(provisioning, choice.path, architecture);
  const { ofIt, id } = wordsOf(architecture);
  const title = `Build the devices for QEMU ${plain.version}${ofIt}`;
  const binary = await provisioning.task(`devices-build${id}`, title, (task) =>
    buildDevices(cache, { plain, ...inputs }, task),
  );
  return describe(plain, binary);
}

/** How tasks for the other machines' QEMU are told from those for Arm's. */
function wordsOf(architecture: GuestArchitecture) {
  if (architecture === "arm64") return { ofIt: "", id: "" };
  return { ofIt: ` (${architectureNames[architecture].qemu.program})`, id: `-${architecture}` };
}

async function haveDebian(
  provisioning: Provisioning,
  choice: DebianChoice,
  architecture: GuestArchitecture,
): Promise<PlainQemu> {
  const { cache } = provisioning;
  const { ofIt, id } = wordsOf(architecture);
  const download = await provisioning.fetch(`qemu-fetch${id}`, `Fetch QEMU${ofIt}`, (task) =>
    fetchDebianQemu(cache, choice, architecture, task),
  );
  const title = `Unpack QEMU ${download.pin.version}${ofIt}`;
  return provisioning.task(`qemu-unpack${id}`, title, (task) =>
    unpackDebianQemu(cache, download, architecture, task),
  );
}

async function haveOwn(
  provisioning: Provisioning,
  path: string,
  architecture: GuestArchitecture,
): Promise<PlainQemu> {
  const { cache } = provisioning;
  const found = await lookAtQemu(cache, path, architecture);
  const { source } = found;
  if (source === undefined || (await found.hasHeaders(cache))) return found;
  const title = `Fetch the headers of QEMU ${source}`;
  await provisioning.fetch("qemu-fetch", title, (task) =>
    fetchHeaders(cache, new Archive(cache, hostArchitecture), source, task),
  );
  return lookAtQemu(cache, path, architecture);
}

function describe(plain: PlainQemu, binary: string): QemuProgram {
  return { binary, version: plain.version, make: makeVariables(plain) };
}
