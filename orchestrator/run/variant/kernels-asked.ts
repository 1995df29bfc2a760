// SPDX-License-Identifier: MIT
import type { Findings } from "../../checks/findings.ts";
import { knownErrors } from "../../lab/known-errors.ts";
import type { KernelLog } from "../../report/result.ts";
import {
  errorsIn,
  kernelLogs,
  knownComplaints,
  shortened,
  withErrors,
} from "../evidence/kernel-logs.ts";
import { wantsMarks } from "../evidence/step-marks.ts";
import type { Bookkeeping } from "./bookkeeping.ts";

/** What kernels have logged, for checks to judge and for reports. */
export interface KernelsAsked extends Required<Pick<Findings, "errors" | "unread">> {
  readonly logs: readonly KernelLog[];
}

/**
 * Asks all kernels at a variant's end. Nobody who has ended the run waits for it, and guests that never answered cannot be asked.
 * Never throws: one that does not answer is unread, unless a step has ended its VM, which has nothing to say.
 */
export async function askKernels(
  book: Bookkeeping,
  limit: { readonly timeScale: number; readonly signal: AbortSignal },
): Promise<KernelsAsked> {
  const { running: lab, plan } = book;
  if (!lab || limit.signal.aborted) return { logs: [], errors: [], unread: [] };
  const knownNoise = knownErrors(plan);
  const logs = (await kernelLogs(lab, limit)).map((log) => {
    const console = lab.consoles[log.role]?.lines.map(({ text }) => text) ?? [];
    const complaints = knownComplaints(log.role, console, plan.knownNoise);
    return withErrors(log, {
      knownNoise,
      stepOf: wantsMarks(plan)
        ? ({ between }) => between && book.stepBetween(log.role, between)
        : ({ text }, behind) => book.stepThatSaw(log.role, text, behind),
      inComplaint: (text) => complaints.get(text),
    });
  });
  const unread = logs.flatMap(({ role, unread, note = "" }) =>
    unread && book.lab?.isOn(role) ? { on: role, why: note } : [],
  );
  return { logs: logs.map(shortened), errors: logs.flatMap(errorsIn), unread };
}
