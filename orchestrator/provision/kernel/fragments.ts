// SPDX-License-Identifier: MIT
//
// The settings that a kernel gets, file by file: the project's own first, then what a person adds.

import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import type { KernelChoice } from "./kernel-choice.ts";
import { parseFragment } from "./kernel-config.ts";

/** The project's fragments: what every kernel gets, and what a debug kernel has on top. */
const HOME = resolve(import.meta.dirname, "../../../guest-images/kernel");
const BASE = "base.config";
const DEBUG = "debug.config";

/** One file of settings. */
export interface Fragment {
  /** For messages. */
  readonly name: string;
  readonly text: string;
  /** Whether it is a person's own. */
  readonly given: boolean;
}

/**
 * Fragments in order of increasing precedence.
 *
 * @throws UsageError when one that a person gave cannot be read or is no fragment.
 */
export async function readFragments(choice: KernelChoice): Promise<Fragment[]> {
  const names = choice.debug ? [BASE, DEBUG] : [BASE];
  const own = names.map(async (name) => ({
    name,
    text: await readFile(join(HOME, name), "utf8"),
    given: false,
  }));
  return Promise.all([...own, ...choice.fragments.map(readGiven)]);
}

async function readGiven(file: string): Promise<Fragment> {
  try {
    const fragment = { name: basename(file), text: await readFile(file, "utf8"), given: true };
    parseFragment(file, fragment.text);
    return fragment;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--config-fragment: ${message}`, { cause });
  }
}
