// SPDX-License-Identifier: MIT

import type { Guests } from "../../artifacts.ts";
import { complaintIn } from "../../lab/complaints.ts";
import { ComplaintError, type Excerpt, GuestError } from "../../lab/errors.ts";
import { isFrame } from "../../lab/stack-trace.ts";
import type { VariantPlan } from "../../scenario/plan.ts";
import { stepKinds } from "../../steps/registry.ts";
import { type Consoles, consolesTogether } from "./console-timeline.ts";
import { type Decoded, decodeStack } from "./stack-decoder.ts";

/** The time of the run at a time of `performance.now()`. */
type Clock = (at: number) => number;

/** How long before a complaint both consoles are shown, and how long after it. */
const beforeMs = 3000;
const afterMs = 250;

/** What both kernels said from shortly before a step began until it broke off: its driver may have said why there. */
function addConsoles(error: GuestError, lab: Consoles, began: number, clock: Clock): void {
  const stretch = { from: began - beforeMs, to: performance.now() };
  error.excerpts = [...error.excerpts, ...consolesTogether(lab, stretch, clock)];
}

/**
 * Gives what went wrong in a guest what a person wants to see of it: of a kernel's complaint the decoded stack, and of
 * all what both kernels said at that time; `began` is when the step did. Returns why the stack is not decoded, if it is
 * not.
 */
export async function addEvidence(
  error: unknown,
  lab: Consoles | undefined,
  { guests, plan }: { readonly guests: Guests; readonly plan: VariantPlan },
  clock: Clock,
  began: number | undefined,
): Promise<string | undefined> {
  if (!(error instanceof GuestError) || !lab) return undefined;
  if (!(error instanceof ComplaintError)) {
    if (began !== undefined) addConsoles(error, lab, began, clock);
    return undefined;
  }
  const { role, trace, at } = error.complaint;
  const [raw, ...others] = error.excerpts;
  const shownAbove = new Set(trace.filter((line) => !complaintIn(line)));
  const leaveOut = (line: string) => shownAbove.has(line) || isFrame(line);
  const around = consolesTogether(lab, { from: at - beforeMs, to: at + afterMs }, clock, leaveOut);
  const decoded = await decodeStack(trace, guests[role], modulesOfTheTree(plan));
  const name = `${role} VM`;
  const stack: Excerpt =
    "failed" in decoded
      ? { title: `${name}: console, not decoded (${decoded.failed})`, lines: trace }
      : { title: `${name}: decoded`, lines: [...decoded.lines, ...toldOf(decoded)] };
  const file = raw?.file === undefined ? {} : { file: raw.file };
  error.excerpts = [{ ...stack, ...file }, ...around, ...others];
  return "failed" in decoded ? decoded.failed : decoded.warnings[0];
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
