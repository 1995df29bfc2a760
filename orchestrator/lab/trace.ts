// SPDX-License-Identifier: MIT
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { UsageError } from "../errors.ts";
import type { QmpClient } from "./qmp.ts";
import { tracedRole } from "./run-files.ts";

const states = z.array(z.object({ name: z.string() }));

/**
 * Enables trace events of the project's devices by their patterns. Their module registers them when it is loaded, which
 * for the host VM is long after QEMU has started; asking for a device's properties loads it.
 *
 * @throws UsageError for a pattern that no event matches.
 */
export async function enableTrace(qmp: QmpClient, patterns: readonly string[]): Promise<void> {
  await qmp.execute("device-list-properties", { typename: "dwc-pcie-function" });
  for (const name of patterns) {
    const found = await qmp.execute("trace-event-get-state", { name }).catch(() => []);
    if (states.parse(found).length === 0) {
      throw new UsageError(
        `--trace-events: no trace event matches "${name}"; qemu-devices/README.md lists them, with dwc_ before each name`,
      );
    }
    await qmp.execute("trace-event-set-state", { name, enable: true });
  }
}

/** Those of earlier runs in the same directory, whose process ids were others. */
export async function removeTraceLogs(out: string): Promise<void> {
  const logs = (await readdir(out)).filter((name) => tracedRole(name) !== undefined);
  await Promise.all(logs.map((name) => rm(join(out, name), { force: true })));
}
