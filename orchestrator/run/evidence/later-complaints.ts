// SPDX-License-Identifier: MIT
//
// A warning ends the run, and the oops that it warned of comes a moment later: what kernels complain of next.
import { setTimeout as pause } from "node:timers/promises";
import { type ConsoleComplaint, complaintsOf } from "../../lab/complaints.ts";
import { complaintError } from "../../lab/crash.ts";
import type { Complaint } from "../../lab/errors.ts";
import { withoutNumbers } from "../../report/fingerprint.ts";
import type { IsKnown } from "../../scenario/known-noise.ts";
import type { Consoles } from "./console-timeline.ts";

/** A kernel that prints nothing for so long has said what it had to say. One that never stops is not waited for. */
const quietMs = 300;
const longestMs = 4000;

/** Resolves once no kernel prints any more. */
export async function consolesQuiet({ consoles }: Consoles): Promise<void> {
  const end = performance.now() + longestMs;
  for (;;) {
    const latest = Math.max(...Object.values(consoles).map(({ lines }) => lines.at(-1)?.at ?? 0));
    const now = performance.now();
    const left = Math.min(latest + quietMs, end) - now;
    if (left <= 0) return;
    await pause(left);
  }
}

/** An oops ends in one: it says nothing of its own. */
const endOfOops = /Kernel panic - not syncing: (?:Oops|Fatal exception)/;

/** So many are told of; kernels that repeat themselves are told of once. */
const most = 4;

export interface Later {
  readonly message: string;
  readonly complaint: Complaint;
  readonly file: string;
}

/** What all kernels have complained of since `first`, in the order of time and without what may be. */
export function laterComplaints(
  { consoles }: Consoles,
  first: Pick<Complaint, "role" | "at" | "trace" | "kind">,
  isKnown: IsKnown,
): Later[] {
  const all = Object.entries(consoles).flatMap(([role, console]) => {
    const started = console.lines.findIndex(({ at }) => at >= first.at);
    // The first line of that time is the first complaint itself.
    const from = role === first.role ? started + 1 : started;
    if (started < 0) return [];
    return apart(complaintsOf(console.lines.map(({ text }) => text)))
      .filter(
        ({ index, headline, lines }) =>
          index >= from && !endOfOops.test(headline) && !isKnown(role, lines),
      )
      .map((one) => {
        const { message, complaint } = complaintError(role, { name: `${role} VM`, console }, one);
        return { message, complaint: { ...complaint, trace: one.lines }, file: console.file };
      });
  });
  const seen = new Set<string>();
  return all
    .sort((a, b) => a.complaint.at - b.complaint.at)
    .filter(({ message }) => {
      const kind = withoutNumbers(message);
      return !seen.has(kind) && seen.add(kind);
    })
    .slice(0, most);
}

/** An oops is announced, and then says that it is one: what stands among the lines of another is that one. */
function apart(complaints: readonly ConsoleComplaint[]): ConsoleComplaint[] {
  let end = 0;
  return complaints.filter(({ index, lines }) => {
    if (index < end) return false;
    end = index + lines.length;
    return true;
  });
}
