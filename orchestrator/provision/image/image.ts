// SPDX-License-Identifier: MIT
//
// The guests' initial RAM file system: programs of Debian's packages, our own files, the kernel's modules with ours
// in `updates/`, which modprobe prefers, and the kernel's own tests.

import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { architectureNames, type GuestArchitecture } from "../../guest-architectures.ts";
import type { Archive, PinnedPackage } from "../archive/apt.ts";
import { type Download, debPath, obtain, referDownload } from "../archive/downloads.ts";
import { guestPins, type PinGroup, readPin } from "../archive/pins.ts";
import type { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import type { Result } from "../cache/product.ts";
import { type Snapshot, snapshotInput, writeSnapshot } from "../cache/snapshot.ts";
import type { BuiltKernel } from "../kernel/kernel.ts";
import { formNames } from "../kernel/modules.ts";
import { exists } from "../work/files.ts";
import type { Task } from "../work/task.ts";
import { buildArchive } from "./cpio.ts";
import { collectRootfs, parseList, readTree } from "./rootfs.ts";

const INITRD = "initrd.cpio";
const ROOTFS = "rootfs.cpio";

export interface ImageInputs {
  /** guest-images/rootfs of the project. */
  readonly definition: Snapshot;
  /** The code that puts images together: what it does decides the result too. */
  readonly builder: Snapshot;
  readonly kernel: BuiltKernel;
  readonly modules: Result;
  readonly kselftests: Result;
}

/** Path of the finished image, if the cache has it. */
export async function findImage(cache: Cache, inputs: ImageInputs): Promise<string | undefined> {
  const pin = await readPin(cache, pinGroup(inputs));
  if (pin === undefined) return undefined;
  // The next image, of other modules, is made from these.
  referDownload(cache, pinGroup(inputs), pin);
  cache.refer("rootfs", rootfsKey(pin, inputs));
  const directory = await cache.find("image", imageKey(pin, inputs));
  return directory === undefined ? undefined : join(directory, INITRD);
}

/** Has the guests' packages, with all they depend on, on this machine, from an archive of their architecture. */
export function fetchGuestPackages(
  cache: Cache,
  archive: Archive,
  inputs: ImageInputs,
  task: Task,
): Promise<Download<PinnedPackage[]>> {
  return obtain(cache, archive, pinGroup(inputs), task, (pin, directory) =>
    archive.download(task, pin, directory),
  );
}

/** The part of the image that has nothing to do with the kernel, and the packages that it is made of. */
export interface Rootfs {
  readonly pin: readonly PinnedPackage[];
  readonly file: string;
}

/** From the cache: an image of other modules needs no package then. */
export async function findRootfs(cache: Cache, inputs: ImageInputs): Promise<Rootfs | undefined> {
  const pin = await readPin(cache, pinGroup(inputs));
  if (pin === undefined) return undefined;
  const directory = await cache.find("rootfs", rootfsKey(pin, inputs));
  return directory === undefined ? undefined : { pin, file: join(directory, ROOTFS) };
}

/** @returns path of the image, ready for QEMU's -initrd. */
export async function buildImage(
  cache: Cache,
  rootfs: Rootfs,
  inputs: ImageInputs,
  task: Task,
): Promise<string> {
  const key = imageKey(rootfs.pin, inputs);
  const directory = await cache.produce("image", key, task, async (into) => {
    const work = join(into, "work");
    const modules = await packModules(inputs, work, task);
    const kselftests = await packKselftests(inputs);
    const parts = [await readFile(rootfs.file), modules, kselftests];
    await writeFile(join(into, INITRD), Buffer.concat(parts));
    await rm(work, { recursive: true });
  });
  return join(directory, INITRD);
}

/** Unpacks all packages, which takes its time. */
export async function buildRootfs(
  cache: Cache,
  download: Download<PinnedPackage[]>,
  inputs: ImageInputs,
  task: Task,
): Promise<Rootfs> {
  const key = rootfsKey(download.pin, inputs);
  const directory = await cache.produce("rootfs", key, task, async (into) => {
    const work = join(into, "work");
    const unpacked = join(work, "packages");
    const definition = join(work, "definition");
    const { triplet } = architectureNames[architectureOf(inputs)];
    await mkdir(unpacked, { recursive: true });
    for (const pinned of download.pin) {
      await task.run("dpkg-deb", ["--extract", debPath(download.directory, pinned), unpacked]);
    }
    await writeSnapshot(inputs.definition, definition);
    const entries = await collectRootfs({ unpacked, definition, triplet });
    await writeFile(join(into, ROOTFS), buildArchive(entries));
    await rm(work, { recursive: true });
  });
  return { pin: download.pin, file: join(directory, ROOTFS) };
}

/** The tree's modules and ours, with the lists that modprobe works from. */
async function packModules(
  { kernel, modules }: ImageInputs,
  work: string,
  task: Task,
): Promise<Buffer> {
  const { release } = kernel.artifacts;
  const root = join(work, "modules");
  const home = join(root, "lib/modules", release);
  const updates = join(home, "updates");
  await cp(join(kernel.modules, "lib/modules", release), home, { recursive: true });
  await mkdir(updates, { recursive: true });
  for (const name of await readdir(modules.directory)) {
    if (name.endsWith(".ko")) await copyFile(join(modules.directory, name), join(updates, name));
  }
  // Of the files that have one name modprobe takes that in updates/.
  for (const name of formNames) {
    const form = join(modules.directory, name);
    if (await exists(form)) await cp(form, join(home, name), { recursive: true });
  }
  await task.run("depmod", ["--basedir", root, release]);
  return buildArchive(await readTree(home, `usr/lib/modules/${release}`));
}

/** The kernel's tests, laid out as in its tree. */
async function packKselftests({ kselftests }: ImageInputs): Promise<Buffer> {
  const home = "usr/lib/kselftests";
  const files = await readTree(kselftests.directory, home);
  return buildArchive([{ kind: "directory", path: home, mode: 0o755 }, ...files]);
}

function architectureOf({ kernel }: ImageInputs): GuestArchitecture {
  return kernel.artifacts.architecture;
}

function pinGroup(inputs: ImageInputs): PinGroup<PinnedPackage[]> {
  const { definition } = inputs;
  const list = definition.find(({ path }) => path === "packages");
  if (list === undefined) throw new Error("guest-images/rootfs has no list 'packages'");
  return guestPins(
    parseList(list.data.toString()),
    architectureNames[architectureOf(inputs)].debian,
  );
}

function rootfsKey(pin: readonly PinnedPackage[], inputs: ImageInputs): string {
  return cacheKey(["rootfs", pin, snapshotInput(inputs.definition), snapshotInput(inputs.builder)]);
}

function imageKey(pin: readonly PinnedPackage[], inputs: ImageInputs): string {
  const { kernel, modules, kselftests } = inputs;
  const parts = [rootfsKey(pin, inputs), kernel.key, modules.key, kselftests.key];
  return cacheKey(["image", ...parts]);
}
