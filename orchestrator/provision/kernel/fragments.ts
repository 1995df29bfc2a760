// SPDX-License-Identifier: MIT
//
// The settings that a kernel gets, file by file: the project's own first, then what a person adds.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { baseFragment } from "../../config-fragments.ts";
import { UsageError } from "../../errors.ts";
import type { FragmentFile } from "./choice/part.ts";
import { parseFragment } from "./kernel-config.ts";

const BASE: FragmentFile = { file: baseFragment, given: false, extra: false };

/** One file of settings. */
export interface Fragment {
  /** For messages. */
  readonly name: string;
  readonly text: string;
  /** Whether it is a person's own. */
  readonly given: boolean;
  /** Whether a kernel without it is near enough that a build may begin from that one's. */
  readonly extra: boolean;
}

/**
 * What every kernel gets, and then these files, in order of increasing precedence.
 *
 * @throws UsageError when one that a person gave cannot be read or is no fragment.
 */
export async function readFragments(files: readonly FragmentFile[]): Promise<Fragment[]> {
  return Promise.all(
    [BASE, ...files].map(async ({ file, ...rest }) => ({
      ...rest,
      name: basename(file),
      text: await (rest.given ? readGiven(file) : readFile(file, "utf8")),
    })),
  );
}

async function readGiven(file: string): Promise<string> {
  try {
    const text = await readFile(file, "utf8");
    parseFragment(file, text);
    return text;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--config-fragment: ${message}`, { cause });
  }
}
