// SPDX-License-Identifier: MIT
//
// QEMU with the project's devices. The build tree stays in the cache, keyed by everything but the devices' source: after
// an edit of a device ninja compiles that one file and links.

import { copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { QemuArtifacts } from "../artifacts.ts";
import type { Archive } from "./archive/apt.ts";
import { type Download, debPath, obtain, referDownload } from "./archive/downloads.ts";
import { type QemuPin, qemuPins, readPin } from "./archive/pins.ts";
import type { Cache } from "./cache/cache.ts";
import { fingerprint } from "./cache/cache-key.ts";
import { type Snapshot, snapshotInput, writeSnapshot } from "./cache/snapshot.ts";
import type { Compilers } from "./kernel/compilers.ts";
import { exists } from "./work/files.ts";
import type { Step } from "./work/task.ts";

const BINARY = "qemu-system-aarch64";

/** Of the hundreds of boards and devices that QEMU has for Arm, what the two machines are made of: a third less to build. */
const DEVICES = {
  name: "ntb-edma-lab",
  symbols: [
    "ARM_VIRT",
    "PCIE_PORT",
    "XIO3130",
    "VIRTIO_MMIO",
    "VIRTIO_PCI",
    "VIRTIO_NET",
    "VIRTIO_RNG",
    "PVPANIC_PCI",
    // The memory-to-memory engine that stands beside the endpoint controller if asked for, and what it is built on.
    "XLNX_ZDMA",
    "REGISTER",
  ],
};

/** Debian repacks QEMU without firmware blobs, hence the last switch; the machines here need none. */
const CONFIGURE = [
  "--python=/usr/bin/python3",
  "--target-list=aarch64-softmmu",
  "--without-default-features",
  "--without-default-devices",
  `--with-devices-aarch64=${DEVICES.name}`,
  "--enable-modules",
  "--enable-fdt=system",
  "--enable-slirp",
  "--enable-plugins",
  "--enable-tcg",
  "--enable-kvm",
  "--disable-debug-info",
  "--disable-docs",
  "--disable-werror",
  "--disable-install-blobs",
];

export interface QemuInputs {
  /** qemu-devices of the project: `src/` and the script that hooks it into QEMU's source. */
  readonly devices: Snapshot;
  readonly compilers: Compilers;
}

/** The finished QEMU for the devices as they are now, if the cache has it. */
export async function findQemu(
  cache: Cache,
  inputs: QemuInputs,
): Promise<QemuArtifacts | undefined> {
  const pin = await readPin(cache, qemuPins);
  if (pin === undefined) return undefined;
  referDownload(cache, qemuPins, pin);
  const directory = await cache.find("qemu", resultKey(pin, inputs));
  return directory === undefined ? undefined : describe(cache, pin, inputs, directory);
}

/** Has QEMU's source and the Python packages its build needs on this machine. */
export function fetchQemu(cache: Cache, archive: Archive, step: Step): Promise<Download<QemuPin>> {
  return obtain(cache, archive, qemuPins, step, async (pin, directory) => {
    await archive.downloadSource(step, pin.source, directory);
    await archive.download(step, pin.python, directory);
  });
}

/** Builds QEMU and the devices from downloaded files, as far as that has not been done. */
export async function buildQemu(
  cache: Cache,
  download: Download<QemuPin>,
  inputs: QemuInputs,
  step: Step,
): Promise<QemuArtifacts> {
  const { pin } = download;
  const directory = await cache.produce("qemu", resultKey(pin, inputs), step, (into) =>
    cache.withTree(treeName(pin, inputs), step, async (tree) => {
      await prepareTree(tree, download, step);
      await writeSnapshot(inputs.devices, join(tree, "devices"));
      await step.run(join(tree, "devices/prepare-qemu-source.sh"), [join(tree, "source")]);
      await configure(tree, inputs.compilers, step);
      await compile(tree, into, step);
    }),
  );
  return describe(cache, pin, inputs, directory);
}

/** Unpacks QEMU's source, with Debian's patches, and the Python packages. */
async function prepareTree(tree: string, download: Download<QemuPin>, step: Step): Promise<void> {
  const source = join(tree, "source");
  if (await exists(source)) return;
  await rm(tree, { recursive: true, force: true });
  await mkdir(tree, { recursive: true });
  for (const pinned of download.pin.python) {
    await step.run("dpkg-deb", [
      "--extract",
      debPath(download.directory, pinned),
      join(tree, "python"),
    ]);
  }
  const description = download.pin.source.files.find(({ fileName }) => fileName.endsWith(".dsc"));
  if (description === undefined) throw new Error("the source package of QEMU has no .dsc file");
  const unpacking = `${source}.unpacking`;
  // apt has checked every file against the signed index; the maintainer's own key need not be on this machine.
  const extract = [
    "--no-check",
    "--no-copy",
    "--extract",
    join(download.directory, description.fileName),
  ];
  await step.run("dpkg-source", [...extract, unpacking]);
  await rename(unpacking, source);
}

/** A configuration that was cut short cannot be told from a whole one by its files, hence the mark. */
async function configure(tree: string, compilers: Compilers, step: Step): Promise<void> {
  const build = join(tree, "build");
  const mark = join(tree, "configured");
  if (await exists(mark)) return;
  await rm(build, { recursive: true, force: true });
  await mkdir(build);
  const devices = join(tree, "source/configs/devices/aarch64-softmmu", `${DEVICES.name}.mak`);
  await writeFile(devices, DEVICES.symbols.map((symbol) => `CONFIG_${symbol}=y\n`).join(""));
  const cc = compilers.launcher === undefined ? [] : [`--cc=${compilers.launcher} gcc`];
  await step.run(join(tree, "source/configure"), [...CONFIGURE, ...cc], {
    cwd: build,
    env: pythonPath(tree),
  });
  await writeFile(mark, "");
}

async function compile(tree: string, into: string, step: Step): Promise<void> {
  const build = join(tree, "build");
  const options = { env: pythonPath(tree) };
  const jobs = `-j${availableParallelism()}`;
  // Regenerates the build files where the devices' meson.build changed, before the targets are listed.
  await step.run("ninja", ["-C", build, "build.ninja"], options);
  const targets = await step.query("ninja", ["-C", build, "-t", "targets", "all"], options);
  // Of QEMU's own modules only the accelerators matter: the device tests run with qtest's.
  const modules = [...targets.matchAll(/^((?:hw-ntb|accel)-[^/\s:]+\.so):/gm)].map(
    (match) => match[1] ?? "",
  );
  await step.run("ninja", ["-C", build, jobs, BINARY, ...modules], options);
  for (const name of [BINARY, ...modules]) await copyFile(join(build, name), join(into, name));
}

/** QEMU's build wants a newer meson, and pycotap, than Debian 12 has. Its build files call them again, so always set. */
function pythonPath(tree: string): Record<string, string> {
  return { PYTHONPATH: join(tree, "python/usr/lib/python3/dist-packages") };
}

function describe(
  cache: Cache,
  pin: QemuPin,
  inputs: QemuInputs,
  directory: string,
): QemuArtifacts {
  const tree = cache.treePath(treeName(pin, inputs));
  return {
    binary: join(directory, BINARY),
    moduleDir: directory,
    version: pin.source.version,
    buildDir: join(tree, "build"),
    sourceDir: join(tree, "source"),
  };
}

function treeKey(pin: QemuPin, { compilers }: QemuInputs): string {
  return fingerprint(["qemu", pin, CONFIGURE, DEVICES, compilers.host]);
}

function treeName(pin: QemuPin, inputs: QemuInputs): string {
  return `qemu-${treeKey(pin, inputs).slice(0, 16)}`;
}

function resultKey(pin: QemuPin, inputs: QemuInputs): string {
  return fingerprint([treeKey(pin, inputs), snapshotInput(inputs.devices)]);
}
