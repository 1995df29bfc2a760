// SPDX-License-Identifier: MIT
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InfrastructureError, isSystemError } from "../errors.ts";
import { longestNodeName } from "../scenario/topology/topology.ts";

/** Longest path of a Unix socket: `sun_path` has 108 bytes with its terminating zero (unix(7)). */
const longestSocketPath = 107;
const longestName = "/".length + longestNodeName + ".commands".length;

export const prefix = "ntb-edma-lab-";
/** A process id and what mkdtemp adds. */
const longestSuffix = "/".length + prefix.length + "4194304-XXXXXX".length;

/** Longest path of the directory for temporary files that leaves room for the sockets. */
export const longestTemporary = longestSocketPath - longestName - longestSuffix;

const abandonedMs = 24 * 3600 * 1000;

/**
 * A directory of a run's own for sockets and other short-lived files, and how to remove it. Removes
 * those of runs that were killed before they could do so themselves.
 */
export async function makeTemporaryDirectory(): Promise<{
  path: string;
  remove: () => Promise<void>;
}> {
  await removeAbandoned(tmpdir());
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  const remove = () => rm(path, { recursive: true, force: true });
  if (Buffer.byteLength(path) + longestName <= longestSocketPath) return { path, remove };
  await remove();
  throw new InfrastructureError(
    `the temporary directory ${tmpdir()} makes Unix socket paths longer than ${longestSocketPath} bytes; set TMPDIR to a shorter one`,
  );
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length)) : null;
    if (!owner || isRunning(Number(owner[1]))) continue;
    // A process elsewhere, in a container that shares this directory, cannot be seen: spare what is fresh.
    const age =
      Date.now() - (await stat(join(parent, name)).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > abandonedMs) {
      // Another user's directory cannot be removed, and need not be.
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
    }
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, "EPERM");
  }
}
