// SPDX-License-Identifier: MIT
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An empty directory for as long as something is packed or unpacked. */
export async function workDirectory(
  what: string,
): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `ntb-edma-lab-${what}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
