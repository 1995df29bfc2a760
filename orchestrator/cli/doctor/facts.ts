// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import type { Artifacts } from "../../artifacts.ts";
import { type KeptLab, keptLabs } from "../../lab/kept.ts";
import { type MachineFacts, machineFacts } from "../../lab/machine-facts.ts";
import { labRevision } from "../../project.ts";
import { Cache, defaultCacheRoot } from "../../provision/cache/cache.ts";
import { type ImportRecord, readImport } from "../../provision/cache/carry/imported.ts";
import { type ProvisionRequest, provision } from "../../provision/provision.ts";
import {
  missingPackages,
  privilegePrefix,
  requiredPackages,
} from "../../provision/work/host-tools.ts";
import { memoryAvailable, memoryHere } from "../../run/memory.ts";

/** What of this machine matters to runs. Sizes are in bytes. */
export interface DoctorFacts {
  readonly lab: string;
  readonly node: string;
  readonly system: string;
  readonly processors: number;
  readonly memory: { readonly total: number; readonly available: number };
  readonly temporary: string;
  readonly machine: MachineFacts;
  readonly packages: PackageFacts;
  /** Programs that only some flags need, by name; whether they are here. */
  readonly programs: ReadonlyMap<string, boolean>;
  readonly cache: CacheFacts;
  readonly kept: readonly KeptLab[];
}

export type PackageFacts =
  | { readonly here: "all"; readonly count: number }
  | { readonly here: "some"; readonly missing: readonly string[]; readonly installable: boolean }
  | { readonly here: "not Debian"; readonly why: string };

export interface CacheFacts {
  readonly root: string;
  readonly free: number;
  readonly used: number;
  readonly state: CacheState;
  /** The file that its results came in, if they did. */
  readonly imported: ImportRecord | undefined;
}

export type CacheState =
  /** The next run boots at once. */
  | { readonly is: "complete"; readonly versions: Artifacts["versions"] }
  /** Nothing was ever built here. */
  | { readonly is: "empty" }
  /** Something is absent, or what went into it has changed. */
  | { readonly is: "incomplete" }
  /** The kernels or the QEMU that were asked for cannot be had. */
  | { readonly is: "impossible"; readonly why: string };

export async function doctorFacts(
  request: ProvisionRequest,
  programs: readonly string[],
  signal: AbortSignal,
): Promise<DoctorFacts> {
  const [lab, packages, cache] = await Promise.all([
    labRevision(),
    packageFacts(),
    cacheFacts(request, signal),
  ]);
  return {
    ...{ lab, packages, cache },
    node: process.version,
    system: systemName(),
    processors: availableParallelism(),
    memory: { total: memoryHere(), available: memoryAvailable() },
    temporary: tmpdir(),
    machine: machineFacts(),
    programs: new Map(programs.map((name) => [name, isOnPath(name)])),
    kept: keptLabs(),
  };
}

function systemName(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1];
  return `${name ?? "unknown system"}, ${process.arch}`;
}

async function packageFacts(): Promise<PackageFacts> {
  const required = requiredPackages();
  try {
    const missing = await missingPackages(required);
    if (missing.length === 0) return { here: "all", count: required.length };
    return { here: "some", missing, installable: (await privilegePrefix()) !== undefined };
  } catch (error) {
    return { here: "not Debian", why: error instanceof Error ? error.message : String(error) };
  }
}

async function cacheFacts(request: ProvisionRequest, signal: AbortSignal): Promise<CacheFacts> {
  const root = defaultCacheRoot();
  const [{ bavail, bsize }, used, imported, state] = await Promise.all([
    statfs(existing(root)),
    diskUsage(root, signal),
    readImport(new Cache(root)),
    cacheState(root, request, signal),
  ]);
  return { root, free: bavail * bsize, used, imported, state };
}

/** The directory, or the nearest one above it that is there. */
function existing(directory: string): string {
  return existsSync(directory) ? directory : existing(dirname(directory));
}

async function diskUsage(root: string, signal: AbortSignal): Promise<number> {
  if (!existsSync(root)) return 0;
  const options = { reject: false, cancelSignal: signal } as const;
  const { stdout } = await execa(
    "du",
    ["--dereference-args", "--summarize", "--block-size=1", root],
    options,
  );
  return Number.parseInt(stdout ?? "0", 10);
}

/** Provisions, but for anything that has to be made: the first step of that kind is where this stops. */
async function cacheState(
  root: string,
  request: ProvisionRequest,
  signal: AbortSignal,
): Promise<CacheState> {
  if (!existsSync(join(root, "image"))) return { is: "empty" };
  const stop = new AbortController();
  const progress = (event: { type: string }) => {
    if (event.type === "step-started") stop.abort();
  };
  try {
    const either = AbortSignal.any([signal, stop.signal]);
    const { versions } = await provision(request, { signal: either, progress });
    return { is: "complete", versions };
  } catch (error) {
    signal.throwIfAborted();
    if (stop.signal.aborted) return { is: "incomplete" };
    return { is: "impossible", why: error instanceof Error ? error.message : String(error) };
  }
}

function isOnPath(program: string): boolean {
  const directories = (process.env.PATH ?? "").split(delimiter);
  return directories.some((directory) => existsSync(join(directory, program)));
}
