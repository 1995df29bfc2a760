// SPDX-License-Identifier: MIT

import { mkdir, statfs } from "node:fs/promises";
import { UsageError } from "../../errors.ts";
import { gibibytes } from "../../scenario/size.ts";

/**
 * Makes sure that `directory` (created where absent) lies on a file system with room for `bytes` more.
 *
 * @throws UsageError saying how much there is, how much is needed and how to choose another place.
 */
export async function requireSpace(directory: string, bytes: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new UsageError(
    `not enough disk space: building needs about ${gibibytes(bytes)} under ${directory}, ` +
      `${gibibytes(free)} are free there. Make room, or set XDG_CACHE_HOME to a directory on a larger file system.`,
  );
}
