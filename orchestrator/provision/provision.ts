// SPDX-License-Identifier: MIT
//
// From nothing to what a run boots. QEMU and the guests' side (kernel, then modules, then image) are independent: both
// chains work at the same time, sharing the machine's processors. What the cache has already is not asked for again,
// nor is any server.

import { join, resolve } from "node:path";
import { type Artifacts, type Guests, ofBoth } from "../artifacts.ts";
import { Archive, aptState, hostArchitecture } from "./archive/apt.ts";
import { Cache, defaultCacheRoot } from "./cache/cache.ts";
import { type Snapshot, takeSnapshot } from "./cache/snapshot.ts";
import { registerUse, type UsedRequest } from "./cache/usage.ts";
import {
  compilersFor,
  type GuestSources,
  lookForKernel,
  makeGuest,
  type WantedKernel,
} from "./guest.ts";
import {
  choiceIdentity,
  type KernelChoices,
  ownKernels,
  pinnedKernels,
  recipeOf,
  sameChoice,
} from "./kernel/kernel-choice.ts";
import { pinnedQemu, type QemuChoice, qemuIdentity } from "./qemu/choice.ts";
import { findQemu, makeQemu } from "./qemu.ts";
import type { ProgressSink } from "./work/events.ts";
import { Workshop } from "./workshop.ts";

/** What builds from nothing occupy at their height, measured and rounded up. */
const GIB = 1024 ** 3;
const SPACE = { qemu: GIB, kernel: 3 * GIB, others: GIB / 4 };

const PROJECT = resolve(import.meta.dirname, "../..");

export interface ProvisionRequest {
  /** Where results are kept; the user's cache directory when not given. */
  readonly cacheRoot?: string;
  /** The kernel that this project is made for when not given. */
  readonly kernels?: KernelChoices;
  /** Likewise. */
  readonly qemu?: QemuChoice;
  /** QEMU's headers are to be there, too: for what is compiled against them apart from the devices. */
  readonly headers?: boolean;
}

export interface ProvisionOptions {
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
}

/**
 * Builds or finds everything that a run boots.
 *
 * @throws UsageError when this machine lacks something that a person must provide (packages, disk space), and when the
 *   kernels or the QEMU asked for cannot be had.
 * @throws InfrastructureError when a download or build fails; it carries the end of the step's log and the log's path.
 * @throws the signal's reason when aborted; no program that was started is left running.
 */
export async function provision(
  request: ProvisionRequest,
  { signal, progress }: ProvisionOptions,
): Promise<Artifacts> {
  const { cacheRoot = defaultCacheRoot() } = request;
  const wanted = {
    kernels: request.kernels ?? pinnedKernels,
    qemu: request.qemu ?? pinnedQemu,
    headers: request.headers === true,
  };
  const stop = new AbortController();
  const cache = new Cache(cacheRoot);
  const either = AbortSignal.any([signal, stop.signal]);
  const workshop = new Workshop(cache, new Archive(cache), progress, either);
  const got = await registerUse(cache, signal);
  const artifacts = await provisionIn(workshop, wanted, stop);
  await got(requestOf(wanted));
  return artifacts;
}

/** Entries of the cache that the project's own kernels would be provisioned from now. Builds nothing. */
export async function currentEntries(cache: Cache, signal: AbortSignal): Promise<Set<string>> {
  const looking = new Cache(cache.root);
  const workshop = new LookingWorkshop(looking, new Archive(looking), () => {}, signal);
  const { devices, ...sources } = await readSources();
  const compilers = await compilersFor(workshop);
  await findQemu(looking, { choice: pinnedQemu, headers: false, devices, compilers });
  for (const choice of ownKernels()) {
    const wanted = await lookForKernel(workshop, choice);
    if (wanted.found === undefined) continue;
    await makeGuest(workshop, wanted, sources).catch((error: unknown) => {
      if (!(error instanceof NotThereError)) throw error;
    });
  }
  for (const architecture of ["arm64", hostArchitecture] as const) {
    looking.refer("trees", aptState(architecture));
  }
  return looking.referred;
}

/** Something would have to be made. */
class NotThereError extends Error {}

/** Finds what there is, and stops where something would have to be made. */
class LookingWorkshop extends Workshop {
  override prepareMachine(): Promise<void> {
    return Promise.reject(new NotThereError());
  }

  override step<T>(): Promise<T> {
    return Promise.reject(new NotThereError());
  }
}

/** A request with nothing left open. */
type Wanted = Required<Omit<ProvisionRequest, "cacheRoot">>;

/** What tells this request from others, and what it cannot be made again without. */
function requestOf({ kernels: { host, endpoint }, qemu }: Wanted): UsedRequest {
  const trees = [host, endpoint].flatMap((choice) => {
    const { source } = recipeOf(choice);
    return source.kind === "tree" ? [source.directory] : [];
  });
  return {
    identity: [PROJECT, choiceIdentity(host), choiceIdentity(endpoint), qemuIdentity(qemu)],
    directories: [PROJECT, ...trees, ...(qemu.kind === "own" ? [qemu.path] : [])],
  };
}

async function provisionIn(
  workshop: Workshop,
  { kernels: { host, endpoint }, qemu: choice, headers }: Wanted,
  stop: AbortController,
): Promise<Artifacts> {
  const { devices, ...sources } = await readSources();
  const choices = sameChoice(host, endpoint) ? [host] : [host, endpoint];
  // On a machine without compilers nothing has been built yet.
  workshop.expect(SPACE.others + SPACE.qemu + SPACE.kernel * choices.length);
  const compilers = await compilersFor(workshop);
  const qemuInputs = { choice, headers, devices, compilers };
  const [foundQemu, ...kernels] = await Promise.all([
    findQemu(workshop.cache, qemuInputs),
    ...choices.map((choice) => lookForKernel(workshop, choice)),
  ]);
  if (foundQemu !== undefined) workshop.expect(-SPACE.qemu);
  const found = kernels.filter((kernel) => kernel.found !== undefined);
  workshop.expect(-SPACE.kernel * found.length);
  const [qemu, guests] = await together(
    stop,
    foundQemu ?? makeQemu(workshop, qemuInputs),
    makeGuests(workshop, kernels, sources),
  );
  return {
    qemu,
    guests,
    versions: {
      qemu: qemu.version,
      kernel: ofBoth(guests, ({ kernel }) => `${kernel.release} (${kernel.origin})`),
      kernelCompiler: ofBoth(guests, ({ kernel }) => kernel.compiler),
      hostCompiler: compilers.host,
    },
  };
}

/** One after the other: each build uses all processors. */
async function makeGuests(
  workshop: Workshop,
  kernels: readonly WantedKernel[],
  sources: GuestSources,
): Promise<Guests> {
  const [first, second] = kernels;
  if (first === undefined) throw new Error("no kernel was asked for");
  const host = await makeGuest(workshop, first, sources);
  const endpoint = second === undefined ? host : await makeGuest(workshop, second, sources);
  return { host, endpoint };
}

/** Both results, or the first failure once the other chain has stopped. */
async function together<A, B>(
  stop: AbortController,
  first: A | Promise<A>,
  second: B | Promise<B>,
): Promise<[A, B]> {
  const chains = [first, second] as const;
  try {
    return await Promise.all(chains);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(chains);
    throw error;
  }
}

async function readSources(): Promise<GuestSources & { readonly devices: Snapshot }> {
  const guest = join(PROJECT, "guest-images");
  const [devices, modules, definition, builder] = await Promise.all([
    takeSnapshot(join(PROJECT, "qemu-devices"), isDeviceSource),
    takeSnapshot(join(guest, "modules"), isModuleSource),
    takeSnapshot(join(guest, "rootfs")),
    takeSnapshot(join(import.meta.dirname, "image"), (path) =>
      /^(cpio|elf|rootfs|image)\.ts$/.test(path),
    ),
  ]);
  return { devices, modules, definition, builder };
}

/** Tests and documentation beside the devices do not change what is built. */
function isDeviceSource(path: string): boolean {
  return /^(src|headers)\//.test(path) || path === "Makefile";
}

function isModuleSource(path: string): boolean {
  return /\/([^/]+\.[chS]|Kbuild|Makefile)$/.test(path);
}
