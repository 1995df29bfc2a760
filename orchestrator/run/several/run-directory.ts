// SPDX-License-Identifier: MIT
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { isSystemError, UsageError } from "../../errors.ts";
import { tryLockDirectory } from "../../provision/work/lock.ts";

/**
 * Makes a directory for the files of runs, and does work while no other run, of this command or another, has it.
 *
 * @throws UsageError for a directory that cannot be made, and for one that another run has.
 */
export async function inOwnDirectory<Value>(
  out: string,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    mkdirSync(out, { recursive: true });
  } catch (cause) {
    throw new UsageError(`could not make the directory ${out}: ${String(cause)}`, { cause });
  }
  const lock = await tryLockDirectory(out);
  if (!lock) {
    throw new UsageError(
      `another run is at work in ${out}: both would write the same files; give this one another --out, or end VMs that a run has kept ("ntb-edma-lab stop")`,
    );
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Makes a directory that nobody else has, of this name or, if it is there, of one with a number behind it. */
export function newDirectory(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}-${number}`;
    try {
      mkdirSync(candidate);
      return candidate;
    } catch (error) {
      if (isSystemError(error, "EEXIST")) continue;
      throw new UsageError(`could not make the directory ${candidate}: ${String(error)}`, {
        cause: error,
      });
    }
  }
}
