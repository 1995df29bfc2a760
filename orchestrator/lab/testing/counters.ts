// SPDX-License-Identifier: MIT
import { type ControllerStats, controllerStats } from "../stats.ts";
import { idleChannel } from "./idle-channel.ts";

/** The counters of a controller that has done nothing but what is given. */
export function countersOf(change: Partial<ControllerStats> = {}): ControllerStats {
  return controllerStats.parse({
    ...{ write: [idleChannel], read: [idleChannel], msi: 0, msix: 0, intx: 0, imwr: 0 },
    ...{ doorbells: 0, doorbells_lost: 0, iatu_writes: 0, bar_changes: 0 },
    ...{ register_reads: 0, register_writes: 0, faults: 0, ...change },
  });
}
