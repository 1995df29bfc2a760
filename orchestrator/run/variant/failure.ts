// SPDX-License-Identifier: MIT
import { setTimeout as pause } from "node:timers/promises";
import { InfrastructureError } from "../../errors.ts";
import { ComplaintError, ConnectionLostError, GuestError } from "../../lab/errors.ts";
import type { StartedLab } from "../../lab/lab.ts";
import type { Excerpt } from "../../report/result.ts";

/** The watch over a VM tells of a crash this long after it at the latest (lab/crash.ts), with some to spare. */
const crashReportMs = 2500;

/**
 * The error that says most: a command whose connection broke, and a program that lost the one in the other guest, are often
 * only the first sign of a guest that has just crashed, and the watch over the VM is about to say so with the evidence.
 */
export async function explainFailure(
  error: unknown,
  lab: StartedLab | undefined,
): Promise<unknown> {
  if (!lab || error instanceof ComplaintError) return error;
  const maybeCrash = error instanceof ConnectionLostError || error instanceof InfrastructureError;
  if (maybeCrash && !lab.signal.aborted) {
    lab.letTimePass();
    await pause(crashReportMs, undefined, { signal: lab.signal }).catch(() => {});
  }
  return lab.signal.aborted ? lab.signal.reason : error;
}

/** Exit status of an error that says which, otherwise that of a run that could not be judged. */
export function exitStatusOf(error: unknown): number {
  const status = error instanceof Error && "exitStatus" in error ? error.exitStatus : undefined;
  return typeof status === "number" ? status : 125;
}

/** What an error has to show beside its message. */
export function excerptsOf(error: unknown): Excerpt[] {
  if (error instanceof GuestError) {
    return error.excerpts.map((excerpt) => ({ ...excerpt, lines: [...excerpt.lines] }));
  }
  if (error instanceof InfrastructureError) {
    const { tail, logPath: file } = error;
    if (tail.length === 0 && file === undefined) return [];
    return [{ title: "end of the log", lines: [...tail], ...(file ? { file } : {}) }];
  }
  // An error without a status of its own is a fault of this program: its stack is the evidence.
  if (!(error instanceof Error) || "exitStatus" in error || !error.stack) return [];
  return [{ title: "stack", lines: error.stack.split("\n") }];
}

/** Somebody ended the run from outside. The exit status is the shell's for a program that a signal ended. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
  readonly exitStatus: number;

  constructor(signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`interrupted by ${signal}`);
    this.exitStatus = 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal];
  }
}
