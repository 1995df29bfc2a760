// SPDX-License-Identifier: MIT
import { ComplaintError, type Excerpt } from "../lab/errors.ts";
import { isFrame } from "../lab/stack-trace.ts";
import type { Guests } from "../provision/artifacts.ts";
import { type Consoles, consolesTogether } from "./console-timeline.ts";
import { decodeStack } from "./stack-decoder.ts";

/** How long before a complaint both consoles are shown, and how long after it. */
const beforeMs = 3000;
const afterMs = 250;

/**
 * Gives a kernel's complaint what a person wants to see of it: the decoded stack, and what both
 * kernels said at that time. Any other error stays as it is.
 */
export async function addEvidence(
  error: unknown,
  lab: Consoles | undefined,
  guests: Guests,
  clock: (at: number) => number,
): Promise<void> {
  if (!(error instanceof ComplaintError) || !lab) return;
  const { role, trace, at } = error.complaint;
  const [raw, ...others] = error.excerpts;
  const around = consolesTogether(lab, { from: at - beforeMs, to: at + afterMs }, clock, isFrame);
  const decoded = await decodeStack(trace, guests[role]);
  const name = `${role} VM`;
  const stack: Excerpt =
    "failed" in decoded
      ? { title: `${name}: console, not decoded (${decoded.failed})`, lines: trace }
      : { title: `${name}: decoded`, lines: [...decoded.lines, ...decoded.problems] };
  const file = raw?.file === undefined ? {} : { file: raw.file };
  error.excerpts = [{ ...stack, ...file }, ...around, ...others];
}
