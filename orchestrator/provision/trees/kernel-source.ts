// SPDX-License-Identifier: MIT
//
// Source trees that kernels are built from. A fixed one has a name that says all about its content, so what was built from
// it is found by that name. A live one is somebody's working tree: only make can tell what has changed in it.

import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Archive, PinnedPackage } from "../archive/apt.ts";
import { type Download, debPath, obtain } from "../archive/downloads.ts";
import { kernelPins } from "../archive/pins.ts";
import type { Cache } from "../cache/cache.ts";
import { exists } from "../work/files.ts";
import type { Task } from "../work/task.ts";

export interface KernelTree {
  readonly directory: string;
  /** For people: where it comes from. */
  readonly origin: string;
  /** The mailbox, directory or patch that is on it. */
  readonly patches?: string;
  /** Names of all that was applied to it, in order: patches of the project's, a mailbox, a directory, a message id. */
  readonly applied?: readonly string[];
  /** Trees that it is made from or may be a copy of, the nearest first: a first build begins from one of theirs. */
  readonly near?: readonly KernelTree[];
  /** Whether it is the lab's copy, so that its files may be given new times. */
  readonly ours?: boolean;
  /** What its content follows from; undefined for a live tree. */
  readonly fixed: readonly string[] | undefined;
  /** The kernel that the project is made for: everything asked for must be there. */
  readonly strict: boolean;
}

/** Debian's source of a version, whether or not it has been unpacked yet. */
export function debianTree(cache: Cache, pin: PinnedPackage, series: string): KernelTree {
  return {
    directory: cache.treePath(treeName(pin)),
    origin: `Debian ${pin.version}`,
    fixed: [pin.fileName, pin.sha256],
    strict: series === "pinned",
  };
}

export function fetchDebianTree(
  cache: Cache,
  archive: Archive,
  series: string,
  task: Task,
): Promise<Download<PinnedPackage>> {
  return obtain(cache, archive, kernelPins(series), task, (pin, directory) =>
    archive.download(task, [pin], directory),
  );
}

/** The kernel's source, shared by all configurations, and never written to. */
export async function unpackDebianTree(
  cache: Cache,
  { pin, directory }: Download<PinnedPackage>,
  task: Task,
): Promise<void> {
  await cache.withTree(treeName(pin), task, async (tree) => {
    if (await exists(tree)) return;
    const unpacking = `${tree}.unpacking`;
    await rm(unpacking, { recursive: true, force: true });
    await mkdir(unpacking, { recursive: true });
    await task.run("dpkg-deb", ["--extract", debPath(directory, pin), unpacking]);
    const tarball = join(unpacking, "usr/src", `${pin.name}.tar.xz`);
    await task.run("tar", ["--extract", "--xz", "--file", tarball, "--directory", unpacking]);
    await rename(join(unpacking, pin.name), tree);
    await rm(unpacking, { recursive: true });
  });
}

function treeName(pin: PinnedPackage): string {
  return `${pin.name}-${pin.sha256.slice(0, 16)}`;
}
