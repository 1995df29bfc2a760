// SPDX-License-Identifier: MIT
//
// Which trees somebody's own tree may be a copy of, so that its first build can begin from one of theirs. Whether it is one,
// its files must tell.

import { execa } from "execa";
import type { Cache } from "./cache.ts";
import { debianTree, type KernelTree } from "./kernel-source.ts";
import { kernelPins, readPin } from "./pins.ts";

/** The other working trees of its repository, and the kernel that the project is made for. */
export async function nearTrees(cache: Cache, directory: string): Promise<KernelTree[]> {
  const siblings = await otherWorkingTrees(directory);
  const pin = await readPin(cache, kernelPins("pinned"));
  return [
    ...siblings.map((path) => ({ directory: path, origin: path, fixed: undefined, strict: false })),
    ...(pin === undefined ? [] : [debianTree(cache, pin, "pinned")]),
  ];
}

/** None where there is no repository, or no git. */
async function otherWorkingTrees(directory: string): Promise<string[]> {
  const { stdout, exitCode } = await execa(
    "git",
    ["-C", directory, "worktree", "list", "--porcelain"],
    { reject: false },
  );
  if (exitCode !== 0) return [];
  const paths = [...stdout.matchAll(/^worktree (.*)$/gm)].map(([, path = ""]) => path);
  // A tree inside another repository, such as one unpacked below a check-out, is not that repository's.
  return paths.includes(directory) ? paths.filter((path) => path !== directory) : [];
}
