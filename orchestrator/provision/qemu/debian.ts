// SPDX-License-Identifier: MIT
//
// QEMU as Debian has it, and what the devices are compiled against: the packages of a suite, or the same version where it
// is installed.

import { join } from "node:path";
import { execa } from "execa";
import { architectureNames, type GuestArchitecture } from "../../guest-architectures.ts";
import { Archive, hostArchitecture } from "../archive/apt.ts";
import { type Download, obtain, referDownload } from "../archive/downloads.ts";
import { type QemuPin, qemuPins, readPin } from "../archive/pins.ts";
import type { Cache } from "../cache/cache.ts";
import type { Task } from "../work/task.ts";
import type { DebianChoice } from "./choice.ts";
import { headersKey, QEMU_HEADERS, unpackHeaders } from "./headers.ts";
import { PRELOAD_VARIABLE, packagesKey, QEMU_PACKAGES, unpackPackages } from "./packages.ts";
import type { PlainQemu } from "./plain.ts";

/** Where a Debian machine has the emulator that is installed. */
function installedProgram(architecture: GuestArchitecture): string {
  return `/usr/bin/${architectureNames[architecture].qemu.program}`;
}

/**
 * What the cache or the machine has of a suite's QEMU as it was pinned; as for a machine without one, where the cache has no
 * other.
 */
export async function findDebianQemu(
  cache: Cache,
  choice: DebianChoice,
  architecture: GuestArchitecture,
): Promise<PlainQemu | undefined> {
  for (const installed of new Set([await installedVersion(choice, architecture), undefined])) {
    const pins = qemuPins(choice.suite, architecture, installed);
    const pin = await readPin(cache, pins);
    if (pin === undefined) continue;
    referDownload(cache, pins, pin);
    cache.refer(QEMU_HEADERS, headersKey(pin.source));
    return findPinned(cache, pin, architecture);
  }
  return undefined;
}

/** Has QEMU's packages, unless the very same are installed, and its source on this machine. */
export async function fetchDebianQemu(
  cache: Cache,
  choice: DebianChoice,
  architecture: GuestArchitecture,
  task: Task,
): Promise<Download<QemuPin>> {
  const archive = new Archive(cache, hostArchitecture);
  const installed = await installedVersion(choice, architecture);
  const pins = qemuPins(choice.suite, architecture, installed);
  return obtain(cache, archive, pins, task, async (pin, directory) => {
    await archive.downloadSource(task, pin.source, directory);
    if (pin.packages.length > 0) await archive.download(task, pin.packages, directory);
  });
}

/** Unpacks what was fetched, as far as that has not been done. */
export async function unpackDebianQemu(
  cache: Cache,
  download: Download<QemuPin>,
  architecture: GuestArchitecture,
  task: Task,
): Promise<PlainQemu> {
  const { pin } = download;
  const headers = unpackHeaders(cache, pin.source, download.directory, task);
  const found = await findPinned(cache, pin, architecture);
  if (found === undefined) await unpackPackages(cache, download, architecture, task);
  await headers;
  return found ?? ofPackages(cache, pin, architecture);
}

async function findPinned(
  cache: Cache,
  pin: QemuPin,
  architecture: GuestArchitecture,
): Promise<PlainQemu | undefined> {
  if (pin.packages.length === 0) return ofMachine(cache, pin, architecture);
  const directory = await cache.find(QEMU_PACKAGES, packagesKey(pin, architecture));
  return directory === undefined ? undefined : ofPackages(cache, pin, architecture);
}

function ofMachine(cache: Cache, pin: QemuPin, architecture: GuestArchitecture): PlainQemu {
  const program = installedProgram(architecture);
  return {
    ...{ architecture, program, seenFromResult: program, preload: "LD_PRELOAD" },
    ...{ identity: ["installed", pin], ...common(cache, pin, "installed") },
  };
}

function ofPackages(cache: Cache, pin: QemuPin, architecture: GuestArchitecture): PlainQemu {
  const { program } = architectureNames[architecture].qemu;
  const below = join(QEMU_PACKAGES, packagesKey(pin, architecture), program);
  return {
    ...{ architecture, program: join(cache.root, below), seenFromResult: `$here/../../${below}` },
    ...{ preload: PRELOAD_VARIABLE, identity: ["packages", pin] },
    ...common(cache, pin, "packages"),
  };
}

function common(cache: Cache, pin: QemuPin, where: string) {
  const key = headersKey(pin.source);
  return {
    version: `Debian ${pin.version} (${where})`,
    headers: join(cache.root, QEMU_HEADERS, key),
    hasHeaders: async () => (await cache.find(QEMU_HEADERS, key)) !== undefined,
    state: null,
  };
}

/** Version of Debian's package on this machine, if it has it and it may be used. */
async function installedVersion(
  { portable }: DebianChoice,
  architecture: GuestArchitecture,
): Promise<string | undefined> {
  if (portable) return undefined;
  const named = architectureNames[architecture].qemu.package;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own syntax
  const query = ["--show", "--showformat", "${db:Status-Status} ${Version}", named];
  const { stdout } = await execa("dpkg-query", query, { reject: false });
  return /^installed (\S+)$/.exec(stdout ?? "")?.[1];
}
