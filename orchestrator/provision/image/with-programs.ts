// SPDX-License-Identifier: MIT
//
// An image with programs that not every image has: its lists of packages and programs go on with theirs.

import { EXTRAS } from "../../guest-programs.ts";
import type { Snapshot, SourceFile } from "../cache/snapshot.ts";

const LISTS = ["packages", "programs"];

/** The definition of an image, without those programs that nobody asks for: they do not change it. */
export function withPrograms(definition: Snapshot, names: readonly string[]): Snapshot {
  const extras = definition.filter(({ path }) => path.startsWith(`${EXTRAS}/`));
  return definition
    .filter((file) => !extras.includes(file))
    .map((file) => (LISTS.includes(file.path) ? longer(file, extras, names) : file));
}

function longer(list: SourceFile, extras: Snapshot, names: readonly string[]): SourceFile {
  const more = [...new Set(names)].sort().map((name) => {
    const found = extras.find(({ path }) => path === `${EXTRAS}/${name}/${list.path}`);
    if (found === undefined)
      throw new Error(`guest-images/rootfs/${EXTRAS}/${name} has no list '${list.path}'`);
    return found.data;
  });
  return more.length === 0 ? list : { ...list, data: Buffer.concat([list.data, ...more]) };
}
