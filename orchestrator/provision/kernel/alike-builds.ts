// SPDX-License-Identifier: MIT
//
// Build trees of the same source with other settings: after a line of a fragment was changed, the former kernel's is there, and
// make compiles from it what that line concerns.

import { readdir, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { architectureNames } from "../../guest-architectures.ts";
import type { Cache } from "../cache/cache.ts";
import { exists, readIfThere } from "../work/files.ts";
import { compilerFlags, type KernelInputs, renderedWishes, WISHES } from "./kernel-build.ts";

/**
 * Names of the trees in the cache that have been built from this source for this architecture by a compiler's flags like these, the one with the
 * fewest other settings first.
 */
export async function alikeBuilds(cache: Cache, inputs: KernelInputs): Promise<string[]> {
  const trees = join(cache.root, "trees");
  if (!(await exists(trees))) return [];
  const source = await realpath(inputs.source.directory);
  const wanted = new Set(renderedWishes(inputs).split("\n"));
  const flags = compilerFlags(inputs);
  const { directory } = architectureNames[inputs.compilers.architecture];
  const found: { tree: string; different: number }[] = [];
  for (const tree of await readdir(trees)) {
    if (!/^kernel-[0-9a-f]+$/.test(tree)) continue;
    const build = join(trees, tree);
    const made = await readlink(join(build, "source")).catch(() => undefined);
    const wishes = await readIfThere(join(build, WISHES));
    if (made !== source || wishes === undefined) continue;
    if (!(await exists(join(build, "arch", directory)))) continue;
    const fragment = { name: WISHES, text: wishes, given: false, extra: false };
    if (compilerFlags({ ...inputs, fragments: [fragment] }) !== flags) continue;
    const lines = wishes.split("\n");
    const common = lines.filter((line) => wanted.has(line)).length;
    found.push({ tree, different: lines.length + wanted.size - 2 * common });
  }
  return found.sort((one, other) => one.different - other.different).map(({ tree }) => tree);
}
