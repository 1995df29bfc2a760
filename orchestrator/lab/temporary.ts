// SPDX-License-Identifier: MIT
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InfrastructureError } from "../run/errors.ts";

/** Longest path of a Unix socket: `sun_path` has 108 bytes with its terminating zero (unix(7)). */
const longestSocketPath = 107;
const longestName = "/endpoint.qmp".length;

/** A directory of a run's own for sockets and other short-lived files, and how to remove it. */
export async function makeTemporaryDirectory(): Promise<{
  path: string;
  remove: () => Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), "ntb-edma-lab-"));
  const remove = () => rm(path, { recursive: true, force: true });
  if (Buffer.byteLength(path) + longestName <= longestSocketPath) return { path, remove };
  await remove();
  throw new InfrastructureError(
    `the temporary directory ${tmpdir()} makes Unix socket paths longer than ${longestSocketPath} bytes; set TMPDIR to a shorter one`,
  );
}
