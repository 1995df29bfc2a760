// SPDX-License-Identifier: MIT

import type { Guests } from "../../artifacts.ts";
import { complaintIn } from "../../lab/complaints.ts";
import { ComplaintError, type Excerpt, GuestError, type LaterComplaint } from "../../lab/errors.ts";
import { isFrame } from "../../lab/stack-trace.ts";
import type { IsKnown } from "../../scenario/known-noise.ts";
import type { VariantPlan } from "../../scenario/plan.ts";
import { type MachineName, machineOf } from "../../scenario/topology/graph.ts";
import { stepKinds } from "../../steps/registry.ts";
import { type Consoles, consolesTogether } from "./console-timeline.ts";
import { consolesQuiet, laterComplaints } from "./later-complaints.ts";
import { type Decoded, decodeStack } from "./stack-decoder.ts";

/** How long before a complaint both consoles are shown, and how long after it. */
const beforeMs = 3000;
const afterMs = 250;

export interface EvidenceSources {
  readonly guests: Guests;
  readonly plan: VariantPlan;
  readonly isKnown: IsKnown;
  /** Milliseconds from boot at a time of `performance.now()`. */
  readonly clock: (at: number) => number;
  /** When the step began in which it went wrong, if it was in one. */
  readonly began: number | undefined;
}

/** What both kernels said from shortly before a step began until it broke off: its driver may have said why there. */
function addConsoles(error: GuestError, lab: Consoles, { began, clock }: EvidenceSources): void {
  if (began === undefined) return;
  const stretch = { from: began - beforeMs, to: performance.now() };
  error.excerpts = [...error.excerpts, ...consolesTogether(lab, stretch, clock)];
}

/**
 * Gives what went wrong in a guest what a person wants to see of it: of a kernel's complaint the decoded stack, and what
 * was complained of next, decoded as well; of all what both kernels said at that time. Returns why a stack is not decoded,
 * if one is not.
 */
export async function addEvidence(
  error: unknown,
  lab: Consoles | undefined,
  sources: EvidenceSources,
): Promise<string | undefined> {
  if (!(error instanceof GuestError) || !lab) return undefined;
  if (!(error instanceof ComplaintError)) {
    addConsoles(error, lab, sources);
    return undefined;
  }
  const { role, trace, at } = error.complaint;
  const [raw, ...others] = error.excerpts;
  const { stack, undecoded } = await decoded(role, trace, sources);
  const file = raw?.file === undefined ? {} : { file: raw.file };
  await consolesQuiet(lab);
  const later = laterComplaints(lab, error.complaint, sources.isKnown);
  const reasons = [undecoded];
  const followedBy: LaterComplaint[] = [];
  for (const { message, complaint, file: log } of later) {
    const one = await decoded(complaint.role, complaint.trace, sources);
    reasons.push(one.undecoded);
    followedBy.push({ message, at: complaint.at, excerpt: { ...one.stack, file: log } });
  }
  error.followedBy = followedBy;
  const shown = [trace, ...later.map(({ complaint }) => complaint.trace)].flat();
  const shownAbove = new Set(shown.filter((line) => !complaintIn(line)));
  const leaveOut = (line: string) => shownAbove.has(line) || isFrame(line);
  const stretch = { from: at - beforeMs, to: at + afterMs };
  const around = consolesTogether(lab, stretch, sources.clock, leaveOut);
  error.excerpts = [{ ...stack, ...file }, ...around, ...others];
  return reasons.find((reason) => reason !== undefined);
}

/** A trace with files and lines; where that could not be, the trace and why. */
async function decoded(
  name: MachineName,
  trace: readonly string[],
  { guests, plan }: EvidenceSources,
): Promise<{ readonly stack: Excerpt; readonly undecoded: string | undefined }> {
  const found = await decodeStack(
    trace,
    guests[machineOf(plan.topology, name).role],
    modulesOfTheTree(plan),
  );
  const vm = `${name} VM`;
  return "failed" in found
    ? {
        stack: { title: `${vm}: console, not decoded (${found.failed})`, lines: trace },
        undecoded: found.failed,
      }
    : {
        stack: { title: `${vm}: decoded`, lines: [...found.lines, ...toldOf(found)] },
        undecoded: found.warnings[0],
      };
}

function toldOf({ warnings, left }: Exclude<Decoded, { failed: string }>): string[] {
  return [...warnings, ...left.map((line) => `without file and line: ${line.trim()}`)];
}

/** Modules that the scenario takes from the kernel's tree though this project has one of that name. */
function modulesOfTheTree(plan: VariantPlan): ReadonlySet<string> {
  const loaded = plan.steps.flatMap((step) => stepKinds.get(step.kind)?.loads(step, plan) ?? []);
  return new Set(
    loaded.filter(({ upstream }) => upstream).map(({ name }) => name.replaceAll("-", "_")),
  );
}
