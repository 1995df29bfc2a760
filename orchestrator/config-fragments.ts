// SPDX-License-Identifier: MIT
//
// The project's own parts of a kernel's configuration: what every kernel gets, what a debug kernel has on top, and, by name,
// what a scenario or a person asks for.

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { type GuestArchitecture, guestArchitectures } from "./guest-architectures.ts";
import { projectDirectory } from "./project.ts";

const HOME = join(projectDirectory, "guest-images/kernel");
const SUFFIX = ".config";

export const baseFragment = join(HOME, `base${SUFFIX}`);
export const debugFragment = join(HOME, `debug${SUFFIX}`);

/** What the kernels of an architecture have in place of what the base asks for 64-bit Arm. */
export function architectureFragment(architecture: GuestArchitecture): string | undefined {
  return architecture === "arm64" ? undefined : fragmentFile(architecture);
}

const notByName = [
  baseFragment,
  debugFragment,
  ...guestArchitectures.flatMap((architecture) => architectureFragment(architecture) ?? []),
];

/** What can be asked for by name, in order. A new one is a file and nothing else. */
export const fragmentNames: readonly string[] = readdirSync(HOME)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => basename(file, SUFFIX))
  .filter((name) => !notByName.includes(fragmentFile(name)))
  .sort();

export function fragmentFile(name: string): string {
  return join(HOME, `${name}${SUFFIX}`);
}
