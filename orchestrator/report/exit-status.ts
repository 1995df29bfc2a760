// SPDX-License-Identifier: MIT
import type { Verdict } from "./result.ts";

/**
 * The exit status of several. What a person must change or has interrupted says most; a failure that
 * was seen stands, whether or not something else could not be judged.
 */
export function gravest(statuses: readonly number[]): number {
  const rank = (status: number) =>
    status > 125
      ? 4
      : (new Map([
          [2, 3],
          [1, 2],
          [0, 0],
        ]).get(status) ?? 1);
  return statuses.reduce((worst, status) => (rank(status) > rank(worst) ? status : worst), 0);
}

/** The verdict that belongs to the exit status of a run that was made once. */
export function verdictOf(status: number): Verdict {
  if (status === 0) return "pass";
  return status === 1 ? "fail" : "error";
}
