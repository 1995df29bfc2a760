// SPDX-License-Identifier: MIT
//
// The settings that a kernel gets, file by file: the project's own first, then what a person adds.

import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import type { FragmentFile } from "./choice/part.ts";
import { parseFragment } from "./kernel-config.ts";

/** The project's fragments: what every kernel gets, and what a debug kernel has on top. */
const HOME = resolve(import.meta.dirname, "../../../guest-images/kernel");
const BASE: FragmentFile = { file: join(HOME, "base.config"), given: false };
export const debugFragment = join(HOME, "debug.config");

/** One file of settings. */
export interface Fragment {
  /** For messages. */
  readonly name: string;
  readonly text: string;
  /** Whether it is a person's own. */
  readonly given: boolean;
}

/**
 * What every kernel gets, and then these files, in order of increasing precedence.
 *
 * @throws UsageError when one that a person gave cannot be read or is no fragment.
 */
export async function readFragments(files: readonly FragmentFile[]): Promise<Fragment[]> {
  return Promise.all(
    [BASE, ...files].map(async ({ file, given }) =>
      given ? readGiven(file) : { name: basename(file), text: await readFile(file, "utf8"), given },
    ),
  );
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
