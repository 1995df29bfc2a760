// SPDX-License-Identifier: MIT
import { setTimeout as pause } from "node:timers/promises";
import { complaintError, unknownComplaint } from "../../lab/crash.ts";
import type { RunningLab } from "../../lab/lab.ts";
import type { IsKnown } from "../../scenario/known-noise.ts";

/** A kernel still prints its stack when the last step has ended: the watch over it waits for that. */
const printingMs = 300;

/** Throws ComplaintError for what a kernel complained of and nobody has told of yet: the steps have ended before the watch has. */
export async function complaintsOfLate(
  { consoles }: Pick<RunningLab, "consoles">,
  isKnown: IsKnown,
): Promise<void> {
  for (const [role, console] of Object.entries(consoles)) {
    if (unknownComplaint(role, console.lines, isKnown) === undefined) continue;
    await pause(printingMs);
    const complaint = unknownComplaint(role, console.lines, isKnown);
    if (complaint !== undefined)
      throw complaintError(role, { name: `${role} VM`, console }, complaint);
  }
}
