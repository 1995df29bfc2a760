// SPDX-License-Identifier: MIT

/** Runs that begin no further apart are of one night. */
const apartMs = 3 * 3_600_000;

/** When each night began, in milliseconds of the epoch and in order, from the times at which runs were started. */
export function nightsOf(started: readonly string[]): number[] {
  const times = started.map((time) => Date.parse(time)).sort((a, b) => a - b);
  return times.filter((time, index) => index === 0 || time - (times[index - 1] ?? 0) > apartMs);
}

/** The night in which a run was started: its place in `nights`, or -1 if it was before all of them. */
export function nightOf(nights: readonly number[], started: string): number {
  const time = Date.parse(started);
  return nights.findLastIndex((begin) => begin <= time);
}
