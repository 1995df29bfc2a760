// SPDX-License-Identifier: MIT
import { DeadlineError } from "./errors.ts";

/** How long something may take, and what it is in words, as in "waited 30 s for the host VM's console". */
export interface Deadline {
  readonly ms: number;
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

/** Longest time that a timer of Node.js can have; a longer one would end at once. */
const longestTimerMs = 2 ** 31 - 1;

/** A time as a timer can have it. */
export function timerMs(ms: number): number {
  return Math.min(ms, longestTimerMs);
}

export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;
}

/**
 * The result of `work`, unless the deadline passes (DeadlineError) or the signal aborts (its reason)
 * before. `work` itself is not stopped: whoever owns the resource behind it does that.
 */
export function before<Value>(deadline: Deadline, work: Promise<Value>): Promise<Value> {
  const { ms, what, signal } = deadline;
  return new Promise<Value>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new DeadlineError(`waited ${seconds(ms)} for ${what}`));
    }, timerMs(ms));
    const onAbort = () => reject(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    });
  });
}
