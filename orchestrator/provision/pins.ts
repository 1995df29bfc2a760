// SPDX-License-Identifier: MIT
//
// Which versions this cache works with. Debian's suites move, so the versions found first are written down and kept: a
// warm run asks no server, and a rebuild after an edit uses the sources that were used before. When the archive no longer has
// a version that is needed again, the newest takes its place.

import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Archive, PinnedPackage, PinnedSource } from "./apt.ts";
import type { Cache } from "./cache.ts";
import { replaceFile } from "./files.ts";
import { type FingerprintInput, fingerprint } from "./fingerprint.ts";
import type { Step } from "./step.ts";

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
export interface PinGroup<T extends FingerprintInput> {
  readonly name: string;
  /** What was asked for; a different question needs a different answer. */
  readonly question: readonly string[];
  readonly schema: z.ZodType<T>;
  resolve(archive: Archive, step: Step): Promise<T>;
}

export type QemuPin = {
  readonly source: PinnedSource;
  /** Python packages that QEMU's build wants newer than Debian 12 has them. */
  readonly python: readonly PinnedPackage[];
};

export const qemuPins: PinGroup<QemuPin> = {
  name: "qemu",
  question: ["qemu", "meson", "python3-pycotap"],
  schema: z.object({ source: sourceSchema, python: z.array(packageSchema) }),
  async resolve(archive, step) {
    return {
      source: await archive.pinSource(step, "qemu"),
      python: await archive.pinPackages(step, ["meson", "python3-pycotap"], false),
    };
  },
};

const PREFERRED_KERNEL = "7.3";

export const kernelPins: PinGroup<PinnedPackage> = {
  name: "kernel",
  question: ["linux-source", PREFERRED_KERNEL],
  schema: packageSchema,
  async resolve(archive, step) {
    const name = chooseKernelPackage(await archive.packageNames(step, "linux-source-"));
    const [pinned] = await archive.pinPackages(step, [name], false);
    if (pinned === undefined) throw new Error(`apt names no file for ${name}`);
    return pinned;
  },
};

/** The preferred minor release if there is one, else the newest of the same major. */
export function chooseKernelPackage(names: readonly string[]): string {
  const [major] = PREFERRED_KERNEL.split(".");
  const minors = names
    .map((name) => /^linux-source-(\d+)\.(\d+)$/.exec(name))
    .filter((match) => match?.[1] === major)
    .map((match) => Number(match?.[2]));
  const wanted = Number(PREFERRED_KERNEL.split(".")[1]);
  const minor = minors.includes(wanted) ? wanted : Math.max(...minors);
  if (!Number.isFinite(minor)) {
    throw new Error(
      `the archive has no linux-source-${major}.x; it has ${names.join(", ") || "no kernel source at all"}`,
    );
  }
  return `linux-source-${major}.${minor}`;
}

export function guestPins(names: readonly string[]): PinGroup<PinnedPackage[]> {
  return {
    name: "guest-packages",
    question: names,
    schema: z.array(packageSchema),
    resolve: (archive, step) => archive.pinPackages(step, names, true),
  };
}

/** The recorded pin; undefined when there is none. */
export async function readPin<T extends FingerprintInput>(
  cache: Cache,
  group: PinGroup<T>,
): Promise<T | undefined> {
  const text = await readFile(pinPath(cache, group), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = group.schema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}

/** Asks the archive for the newest versions and records them. */
export async function resolvePin<T extends FingerprintInput>(
  cache: Cache,
  archive: Archive,
  group: PinGroup<T>,
  step: Step,
): Promise<T> {
  await archive.update(step);
  const pin = await group.resolve(archive, step);
  const path = pinPath(cache, group);
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, JSON.stringify(pin, null, 2));
  return pin;
}

function pinPath(
  cache: Cache,
  group: Pick<PinGroup<FingerprintInput>, "name" | "question">,
): string {
  const key = fingerprint(group.question).slice(0, 16);
  return join(cache.root, "pins", `${group.name}-${key}.json`);
}
