// SPDX-License-Identifier: MIT
//
// Fixes of this project's for upstream's drivers, which a scenario can ask for by name.

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { projectDirectory } from "./project.ts";

const HOME = join(projectDirectory, "docs/upstream");
const SUFFIX = ".patch";

/** A new one is a file and nothing else. */
export const upstreamPatchNames: readonly string[] = readdirSync(HOME)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => basename(file, SUFFIX))
  .sort();

export function upstreamPatchFile(name: string): string {
  return join(HOME, `${name}${SUFFIX}`);
}
