// SPDX-License-Identifier: MIT
//
// From nothing to what a run boots. QEMU and the guests' side (kernel, then modules, then image) are independent: both
// chains work at the same time, sharing the machine's processors. What the cache has already is not asked for again,
// nor is any server.

import { resolve } from "node:path";
import {
  type Artifacts,
  type Guests,
  ofBoth,
  type QemuArtifacts,
  type QemuProgram,
} from "../artifacts.ts";
import { InfrastructureError } from "../errors.ts";
import type { GuestArchitecture } from "../guest-architectures.ts";
import { Archive, aptState, hostArchitecture } from "./archive/apt.ts";
import { Cache, defaultCacheRoot } from "./cache/cache.ts";
import { registerUse, type UsedRequest } from "./cache/usage.ts";
import {
  compilersFor,
  type FoundGuest,
  findGuest,
  type GuestSources,
  lookForKernel,
  makeGuest,
  type WantedKernel,
} from "./guest.ts";
import type { Toolchain } from "./kernel/choice/part.ts";
import {
  choiceIdentity,
  type KernelChoice,
  type KernelChoices,
  ownKernels,
  pinnedKernels,
  recipeOf,
  sameChoice,
} from "./kernel/kernel-choice.ts";
import { knownCompilers, type UsedCompilers } from "./kernel/known-compilers.ts";
import { ifThere } from "./looking.ts";
import { Provisioning } from "./provisioning.ts";
import { pinnedQemu, type QemuChoice, qemuIdentity } from "./qemu/choice.ts";
import { findQemu, makeQemu, type QemuInputs } from "./qemu.ts";
import { readSources } from "./sources.ts";
import type { ProgressSink } from "./work/events.ts";

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
  /** Of those that not every image has (guest-programs.ts), for both guests. */
  readonly programs?: readonly string[];
  /** What the cache lacks is built, which is the default; otherwise that it lacks something is an error. */
  readonly build?: boolean;
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
 * @throws InfrastructureError when a download or build fails; it carries the end of the task's log and the log's path. Also
 *   where something would have to be built, and nothing is to be.
 * @throws the signal's reason when aborted; no program that was started is left running.
 */
export async function provision(
  request: ProvisionRequest,
  options: ProvisionOptions,
): Promise<Artifacts> {
  const { artifacts } = await provisionForUse(request, options);
  return artifacts;
}

/** What came of it, and by which compilers. */
export interface Provisioned {
  readonly artifacts: Artifacts;
  readonly cache: Cache;
  readonly compilers: readonly UsedCompilers[];
}

/** The same, with all that the cache has for it. */
export async function provisionForUse(
  request: ProvisionRequest,
  { signal, progress }: ProvisionOptions,
): Promise<Provisioned> {
  const { cacheRoot = defaultCacheRoot() } = request;
  const wanted = {
    kernels: request.kernels ?? pinnedKernels,
    qemu: request.qemu ?? pinnedQemu,
    programs: [...new Set(request.programs)].sort(),
    headers: request.headers === true,
    build: request.build !== false,
  };
  const stop = new AbortController();
  const cache = new Cache(cacheRoot);
  const either = AbortSignal.any([signal, stop.signal]);
  const provisioning = new Provisioning(cache, new Archive(cache), progress, either);
  const got = await registerUse(cache, signal);
  const provisioned = await provisionIn(provisioning, wanted, stop);
  await got(usedRequest(wanted));
  return { ...provisioned, cache };
}

/**
 * What both VMs would boot, as far as the cache has all of it; undefined where something would have to be built. A tree of a person's and
 * a patched one are looked at by their builds alone.
 */
export async function guestsThere(
  { host, endpoint }: KernelChoices,
  signal: AbortSignal,
  cacheRoot = defaultCacheRoot(),
): Promise<Guests | undefined> {
  const cache = new Cache(cacheRoot);
  const provisioning = new Provisioning(cache, new Archive(cache), () => {}, signal);
  const { devices: _, ...sources } = await readSources();
  const ofHost = await findGuest(provisioning, host, sources);
  const ofEndpoint = sameChoice(host, endpoint)
    ? ofHost
    : await findGuest(provisioning, endpoint, sources);
  return ofHost && ofEndpoint && { host: ofHost.guest, endpoint: ofEndpoint.guest };
}

/** Entries of the cache that the project's own kernels would be provisioned from now. Builds nothing. */
export async function currentEntries(cache: Cache, signal: AbortSignal): Promise<Set<string>> {
  const referring = new Cache(cache.root);
  const provisioning = new Provisioning(referring, new Archive(referring), () => {}, signal);
  const { devices, ...sources } = await readSources();
  const qemus = architecturesOf(ownKernels()).map((architecture) => ({
    ...{ choice: pinnedQemu, architecture, headers: false, devices },
  }));
  for (const compilers of await knownCompilers(referring, {})) {
    for (const inputs of qemus) await findQemu(referring, { ...inputs, compilers });
    for (const choice of ownKernels()) {
      await ifThere(
        provisioning,
        async (looking) => {
          const wanted = await lookForKernel(looking, choice, compilers);
          return wanted.found && makeGuest(looking, wanted, sources);
        },
        { referred: "in any case" },
      );
    }
  }
  for (const architecture of new Set(["arm64", "amd64", hostArchitecture] as const)) {
    referring.refer("trees", aptState(architecture));
  }
  return referring.referred;
}

/** A request with nothing left open. */
type Wanted = Required<Omit<ProvisionRequest, "cacheRoot">>;

/** What tells this request from others, and what it cannot be made again without. */
function usedRequest({ kernels: { host, endpoint }, qemu, programs }: Wanted): UsedRequest {
  const trees = [host, endpoint].flatMap((choice) => {
    const { source } = recipeOf(choice);
    return source.kind === "tree" ? [source.directory] : [];
  });
  return {
    identity: [
      ...[PROJECT, choiceIdentity(host), choiceIdentity(endpoint), qemuIdentity(qemu)],
      ...programs,
    ],
    directories: [PROJECT, ...trees, ...(qemu.kind === "own" ? [qemu.path] : [])],
  };
}

async function provisionIn(
  provisioning: Provisioning,
  { kernels: { host, endpoint }, qemu: choice, headers, programs, build }: Wanted,
  stop: AbortController,
): Promise<Omit<Provisioned, "cache">> {
  const { devices, ...sources } = await readSources(programs);
  const choices = sameChoice(host, endpoint) ? [host] : [host, endpoint];
  const architectures = architecturesOf(choices);
  for (const architecture of architectures) provisioning.compileFor(architecture);
  const inputs = architectures.map((architecture) => ({
    ...{ choice, architecture, devices },
    headers: headers && architecture === "arm64",
  }));
  const lacks: string[] = [];
  const lacking = (title: string) => void lacks.push(title);
  const [foundQemus, foundGuests] = await Promise.all([
    Promise.all(inputs.map((one) => findQemuBy(provisioning, one))),
    Promise.all(choices.map((kernel) => findGuest(provisioning, kernel, sources, lacking))),
  ]);
  if (foundQemus.includes(undefined)) lacking("Build the devices for QEMU");
  const complete = lacks.length === 0;
  if (!complete && !build) {
    throw new InfrastructureError(
      `not all that is to run is in ${provisioning.cache.root}, and nothing is to be built: ${lacks.join("; ")}. Expected what "build" has made of the same sources and kernels; without --no-build it is built now`,
    );
  }
  if (!complete) provisioning.expect(SPACE.others);
  if (foundQemus.includes(undefined)) provisioning.expect(SPACE.qemu);
  const wanted: WantedGuest[] = [];
  for (const [index, kernel] of choices.entries()) {
    const found = foundGuests[index];
    wanted.push(found ?? (await lookWithOwnCompilers(provisioning, kernel)));
  }
  const [qemus, guests] = await together(
    stop,
    makeQemus(provisioning, inputs, foundQemus),
    makeGuests(provisioning, wanted, sources),
  );
  const qemu = qemuArtifacts(architectures, qemus);
  const [ofHost, ofEndpoint = ofHost] = guests;
  if (ofHost === undefined || ofEndpoint === undefined) throw new Error("no kernel was asked for");
  const both = { host: ofHost.guest, endpoint: ofEndpoint.guest };
  const configFragments = ofBoth(both, ({ kernel }) => kernel.fragments.join(" + "));
  return {
    compilers: [...qemus, ...guests].map(({ compilers }) => compilers),
    artifacts: {
      qemu,
      guests: both,
      versions: {
        qemu: qemu.version,
        kernel: ofBoth(both, ({ kernel }) => `${kernel.release} (${kernel.origin})`),
        ...(configFragments === "" ? {} : { configFragments }),
        kernelCompiler: ofBoth(both, ({ kernel }) => kernel.compiler),
        hostCompiler: qemus[0]?.compilers.compilers.host ?? "",
      },
    },
  };
}

/** Arm's first: every lab has an endpoint. */
function architecturesOf(choices: readonly KernelChoice[]): GuestArchitecture[] {
  const asked = choices.map((choice) => recipeOf(choice).toolchain.architecture ?? "arm64");
  return [...new Set<GuestArchitecture>(["arm64", ...asked])];
}

function qemuArtifacts(
  architectures: readonly GuestArchitecture[],
  [ofArm, ...others]: readonly ReadyQemu[],
): QemuArtifacts {
  if (ofArm === undefined) throw new Error("no QEMU was asked for");
  const named = others.map(({ artifacts }, index) => [architectures[index + 1], artifacts]);
  return { ...ofArm.artifacts, others: Object.fromEntries(named) };
}

interface ReadyQemu {
  readonly artifacts: QemuProgram;
  readonly compilers: UsedCompilers;
}

/** By whichever compilers that are known here it was made. */
async function findQemuBy(
  { cache }: Provisioning,
  inputs: Omit<QemuInputs, "compilers">,
): Promise<ReadyQemu | undefined> {
  for (const compilers of await knownCompilers(cache, {})) {
    const artifacts = await findQemu(cache, { ...inputs, compilers });
    if (artifacts !== undefined) return { artifacts, compilers: { asked: {}, compilers } };
  }
  return undefined;
}

/** One after the other: they share what they are compiled against. */
async function makeQemus(
  provisioning: Provisioning,
  inputs: readonly Omit<QemuInputs, "compilers">[],
  found: readonly (ReadyQemu | undefined)[],
): Promise<ReadyQemu[]> {
  const made: ReadyQemu[] = [];
  for (const [index, one] of inputs.entries()) {
    made.push(found[index] ?? (await makeQemuHere(provisioning, one)));
  }
  return made;
}

async function makeQemuHere(
  provisioning: Provisioning,
  inputs: Omit<QemuInputs, "compilers">,
): Promise<ReadyQemu> {
  const compilers = await compilersFor(provisioning);
  const artifacts = await makeQemu(provisioning, { ...inputs, compilers });
  return { artifacts, compilers: { asked: {}, compilers } };
}

/** A guest that is there, or of which something has to be made. */
type WantedGuest = FoundGuest | { readonly kernel: WantedKernel; readonly asked: Toolchain };

/** Whatever has to be made is made by this machine's compilers. */
async function lookWithOwnCompilers(
  provisioning: Provisioning,
  choice: KernelChoice,
): Promise<WantedGuest> {
  provisioning.expect(SPACE.kernel);
  const { toolchain } = recipeOf(choice);
  const kernel = await lookForKernel(
    provisioning,
    choice,
    await compilersFor(provisioning, toolchain),
  );
  if (kernel.found !== undefined) provisioning.expect(-SPACE.kernel);
  return { kernel, asked: toolchain };
}

/** One after the other: each build uses all processors. */
async function makeGuests(
  provisioning: Provisioning,
  wanted: readonly WantedGuest[],
  sources: GuestSources,
): Promise<FoundGuest[]> {
  const guests: FoundGuest[] = [];
  for (const one of wanted) {
    if ("guest" in one) guests.push(one);
    else {
      const guest = await makeGuest(provisioning, one.kernel, sources);
      const { compilers } = one.kernel.settings;
      guests.push({ guest, compilers: { asked: one.asked, compilers } });
    }
  }
  return guests;
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
