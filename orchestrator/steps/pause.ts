// SPDX-License-Identifier: MIT
import { setTimeout as timer } from "node:timers/promises";
import type { RunningLab } from "../lab/lab.ts";

/** A wait of the lab's own between two looks: guests go on meanwhile, and it ends with the run. */
export function pause(
  lab: Pick<RunningLab, "signal" | "whileTimePasses">,
  ms: number,
): Promise<void> {
  return lab.whileTimePasses(() => timer(ms, undefined, { signal: lab.signal }));
}
