// SPDX-License-Identifier: MIT
//
// Which versions this cache works with. Debian's suites move, so the versions found first are written down and kept: a
// warm run asks no server, and a rebuild after an edit uses the sources that were used before. When the archive no longer has
// a version that is needed again, the newest takes its place.

import { mkdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { architectureNames, type GuestArchitecture } from "../../guest-architectures.ts";
import type { Cache } from "../cache/cache.ts";
import { cacheKey, type KeyInput } from "../cache/cache-key.ts";
import { readIfThere, replaceFile } from "../work/files.ts";
import type { Task } from "../work/task.ts";
import {
  type Architecture,
  type Archive,
  hostArchitecture,
  type PinnedPackage,
  type PinnedSource,
  type Suite,
} from "./apt.ts";

/** Directory of the cache. */
export const PINS = "pins";

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  fileName: z.string(),
  sha256: z.string(),
});
const sourceSchema = z.object({
  name: z.string(),
  version: z.string(),
  files: z.array(z.object({ fileName: z.string(), sha256: z.string() })),
});

/** A set of archive files that is pinned as a whole. */
export interface PinGroup<T extends KeyInput> {
  readonly name: string;
  /** What was asked for; a different question needs a different answer. */
  readonly question: readonly string[];
  readonly schema: z.ZodType<T>;
  /** A record that is older is not used as long as the archive answers. */
  readonly maxAgeMs?: number;
  resolve(archive: Archive, task: Task): Promise<T>;
}

/** QEMU's packages for this machine, with all they need, and the source that they were built from. */
export type QemuPin = {
  /** Of the package with the emulator. */
  readonly version: string;
  /** None where that version is installed. */
  readonly packages: readonly PinnedPackage[];
  readonly source: PinnedSource;
};

/** @param installed version of the package with the emulator of this architecture on this machine. */
export function qemuPins(
  suite: Suite,
  architecture: GuestArchitecture,
  installed: string | undefined,
): PinGroup<QemuPin> {
  const name = architectureNames[architecture].qemu.package;
  return {
    name: "qemu",
    question: [name, suite, hostArchitecture, installed ?? "not installed"],
    schema: z.object({
      version: z.string(),
      packages: z.array(packageSchema),
      source: sourceSchema,
    }),
    async resolve(archive, task) {
      const packages = await archive.pinPackages(task, [name], true, suite);
      const version = packages.find((found) => found.name === name)?.version;
      if (version === undefined) throw new Error(`apt names no file for ${name}`);
      const source = await archive.pinSource(task, "qemu", version);
      return { version, packages: version === installed ? [] : packages, source };
    },
  };
}

/** The source of QEMU that a package of this version was built from. */
export function qemuSourcePins(version: string): PinGroup<PinnedSource> {
  return {
    name: "qemu-source",
    question: ["qemu", version],
    schema: sourceSchema,
    resolve: (archive, task) => archive.pinSource(task, "qemu", version),
  };
}

const PREFERRED_KERNEL = "7.3";

/**
 * What Debian may release more often than a cache is emptied is asked for again after this time. It is longer than the jobs of
 * one night take, so that all of them have the same; and shorter than from one night to the next, so that each looks anew.
 */
export const NEWEST_AGES_MS = 12 * 60 * 60 * 1000;

/** The source package of a series: `pinned`, `newest` or a number such as `6.12`. */
export function kernelPins(series: string): PinGroup<PinnedPackage> {
  return {
    name: "kernel",
    question: ["linux-source", series === "pinned" ? PREFERRED_KERNEL : `series ${series}`],
    schema: packageSchema,
    ...(series === "newest" ? { maxAgeMs: NEWEST_AGES_MS } : {}),
    async resolve(archive, task) {
      const names = await archive.packageNames(task, "linux-source-");
      const name = chooseKernelPackage(names, series);
      const [pinned] = await archive.pinPackages(task, [name], false);
      if (pinned === undefined) throw new Error(`apt names no file for ${name}`);
      return pinned;
    },
  };
}

/**
 * The package of a series. For the pinned one: the preferred minor release if there is one, else the newest of its major.
 *
 * @throws UsageError saying what there is when the archive has none.
 */
export function chooseKernelPackage(names: readonly string[], series = "pinned"): string {
  const [major = ""] = PREFERRED_KERNEL.split(".");
  const offered = names.filter((name) => /^linux-source-\d+\.\d+$/.test(name));
  const newest = offered
    .map((name) => /-(\d+)\.(\d+)$/.exec(name))
    .filter((match) => match?.[1] === major)
    .map((match) => Number(match?.[2]))
    .reduce((one, other) => Math.max(one, other), -1);
  const exact = `linux-source-${series === "pinned" ? PREFERRED_KERNEL : series}`;
  if (offered.includes(exact)) return exact;
  if (/^(pinned|newest)$/.test(series) && newest >= 0) return `linux-source-${major}.${newest}`;
  const wanted = /^(pinned|newest)$/.test(series) ? `linux-source-${major}.x` : exact;
  throw new UsageError(
    `Debian's archive has no ${wanted}; it has ${offered.join(", ") || "no kernel source at all"}`,
  );
}

export function guestPins(
  names: readonly string[],
  architecture: Architecture = "arm64",
): PinGroup<PinnedPackage[]> {
  return {
    name: "guest-packages",
    question: architecture === "arm64" ? names : [architecture, ...names],
    schema: z.array(packageSchema),
    resolve: (archive, task) => archive.pinPackages(task, names, true),
  };
}

/** The recorded pin; undefined when there is none, or when it is too old. */
export async function readPin<T extends KeyInput>(
  cache: Cache,
  group: PinGroup<T>,
): Promise<T | undefined> {
  const record = await readRecord(cache, group);
  if (record === undefined || record.ageMs > (group.maxAgeMs ?? Number.POSITIVE_INFINITY)) return;
  return record.pin;
}

/** The recorded pin and how old it is. */
export async function readRecord<T extends KeyInput>(
  cache: Cache,
  group: PinGroup<T>,
): Promise<{ pin: T; ageMs: number } | undefined> {
  const path = pinPath(cache, group);
  cache.refer(PINS, basename(path));
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const parsed = group.schema.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const { mtimeMs } = await stat(path);
  return { pin: parsed.data, ageMs: Date.now() - mtimeMs };
}

/** Asks the archive for the newest versions and records them. */
export async function resolvePin<T extends KeyInput>(
  cache: Cache,
  archive: Archive,
  group: PinGroup<T>,
  task: Task,
): Promise<T> {
  await archive.update(task);
  const pin = await group.resolve(archive, task);
  const path = pinPath(cache, group);
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, JSON.stringify(pin, null, 2));
  return pin;
}

function pinPath(cache: Cache, group: Pick<PinGroup<KeyInput>, "name" | "question">): string {
  const key = cacheKey(group.question).slice(0, 16);
  return join(cache.root, PINS, `${group.name}-${key}.json`);
}
