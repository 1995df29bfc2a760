// SPDX-License-Identifier: MIT
//
// Which QEMU runs the VMs, as a person chooses it.

import { resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import type { Suite } from "../archive/apt.ts";

/** Debian's packages, or the very same where they are installed; always the packages if it is to be portable. */
export type DebianChoice = {
  readonly kind: "debian";
  readonly suite: Suite;
  readonly portable?: boolean;
};

export type QemuChoice =
  | DebianChoice
  /** A person's own: the program, or the directory where it was built. An absolute path. */
  | { readonly kind: "own"; readonly path: string };

/** The QEMU that this project is made for. */
export const pinnedQemu: QemuChoice = { kind: "debian", suite: "trixie" };

const debian = "debian:";

/** What follows `debian:`, and the suite that it is. */
const suites: Readonly<Record<string, Suite>> = {
  trixie: "trixie",
  backports: "trixie-backports",
};

/** A path that means the same in any directory; other words as they are. */
export function qemuAnywhere(word: string, directory: string): string {
  return word.startsWith(debian) ? word : resolve(directory, word);
}

/**
 * The QEMU that `--qemu WORD` asks for; the pinned one without a word.
 *
 * @throws UsageError for a suite that there is not.
 */
export function readQemuChoice(word: string | undefined, directory: string): QemuChoice {
  if (word === undefined) return pinnedQemu;
  if (!word.startsWith(debian)) return { kind: "own", path: resolve(directory, word) };
  const suite = suites[word.slice(debian.length)];
  if (suite !== undefined) return { kind: "debian", suite };
  const known = Object.keys(suites).map((name) => `${debian}${name}`);
  throw new UsageError(
    `--qemu: expected ${known.join(", ")}, a QEMU program or the directory where one was built, got "${word}"`,
  );
}

/** What tells a choice from others. */
export function qemuIdentity(choice: QemuChoice): string {
  return choice.kind === "debian" ? `${debian}${choice.suite}` : choice.path;
}
