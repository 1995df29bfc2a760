// SPDX-License-Identifier: MIT
//
// From nothing to what a run boots. What the cache has already is not asked for again, nor is any server.

import { resolve } from "node:path";
import type { Artifacts, Guests } from "../artifacts.ts";
import { Archive, aptState, hostArchitecture } from "./archive/apt.ts";
import { Cache, defaultCacheRoot } from "./cache/cache.ts";
import { registerUse, type UsedRequest } from "./cache/usage.ts";
import { architecturesOf, type Made, makeAll } from "./chains.ts";
import { findGuest, lookForKernel, makeGuest } from "./guest.ts";
import {
  choiceIdentity,
  type KernelChoices,
  ownKernels,
  pinnedKernels,
  recipeOf,
  sameChoice,
} from "./kernel/kernel-choice.ts";
import { knownCompilers } from "./kernel/known-compilers.ts";
import { ifThere } from "./looking.ts";
import { Provisioning } from "./provisioning.ts";
import { pinnedQemu, type QemuChoice, qemuIdentity } from "./qemu/choice.ts";
import { findQemu } from "./qemu.ts";
import { readSources } from "./sources.ts";
import type { ProgressSink } from "./work/events.ts";

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

/** What came of it, and where that is. */
export interface Provisioned extends Made {
  readonly cache: Cache;
}

/** The same, with all that the cache has for it. */
export async function provisionForUse(
  request: ProvisionRequest,
  { signal, progress }: ProvisionOptions,
): Promise<Provisioned> {
  const { cacheRoot = defaultCacheRoot() } = request;
  const wanted = wantedOf(request);
  const stop = new AbortController();
  const cache = new Cache(cacheRoot);
  const either = AbortSignal.any([signal, stop.signal]);
  const provisioning = new Provisioning(cache, new Archive(cache), progress, either);
  const got = await registerUse(cache, signal);
  const made = await makeAll(provisioning, wanted, await readSources(wanted.programs), stop);
  await got(usedRequest(wanted));
  return { ...made, cache };
}

/** The request with nothing left open, and the same for those that ask for the same. */
export function wantedOf(request: ProvisionRequest) {
  return {
    kernels: request.kernels ?? pinnedKernels,
    qemu: request.qemu ?? pinnedQemu,
    programs: [...new Set(request.programs)].sort(),
    headers: request.headers === true,
    build: request.build !== false,
  };
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

/** What tells this request from others, and what it cannot be made again without. */
export function usedRequest({
  kernels: { host, endpoint },
  qemu,
  programs,
}: Required<Pick<ProvisionRequest, "kernels" | "qemu" | "programs">>): UsedRequest {
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
