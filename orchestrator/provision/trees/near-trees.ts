// SPDX-License-Identifier: MIT
//
// Which trees somebody's own tree may be a copy of, so that its first build can begin from one of theirs. Whether it is one,
// its files must tell.

import { kernelPins, readPin } from "../archive/pins.ts";
import type { Cache } from "../cache/cache.ts";
import { debianTree, type KernelTree } from "./kernel-source.ts";
import { workingTrees } from "./tree-git.ts";

/** The other working trees of its repository, and the kernel that the project is made for. */
export async function nearTrees(cache: Cache, directory: string): Promise<KernelTree[]> {
  const siblings = await otherWorkingTrees(directory);
  const pin = await readPin(cache, kernelPins("pinned"));
  return [
    ...siblings.map((path) => ({ directory: path, origin: path, fixed: undefined, strict: false })),
    ...(pin === undefined ? [] : [debianTree(cache, pin, "pinned")]),
  ];
}

async function otherWorkingTrees(directory: string): Promise<string[]> {
  const paths = await workingTrees(directory);
  // A tree inside another repository, such as one unpacked below a check-out, is not that repository's.
  return paths.includes(directory) ? paths.filter((path) => path !== directory) : [];
}
