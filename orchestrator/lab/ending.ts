// SPDX-License-Identifier: MIT
import { constants } from "node:os";

/** How a program in a guest ended: by itself, with a status, or by a signal. */
export interface Ending {
  /** Exit status; undefined if a signal ended it. */
  readonly status: number | undefined;
  /** The signal's name, such as SIGSEGV; undefined, without a status, if it was ended for having taken too long. */
  readonly signal?: string | undefined;
}

/** What a shell adds to the number of the signal that ended a program, and returns (POSIX, 2.8.2). */
const bySignal = 128;

/** A number's first name is the usual one: SIGABRT, not SIGIOT. */
const nameOf = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** In words, to follow what has ended. */
export function endingOf({ status, signal }: Ending): string {
  if (status === undefined) return signal === undefined ? "was killed" : `was killed by ${signal}`;
  const name = nameOf.get(status - bySignal);
  return `ended with status ${status}${name ? `, which stands for ${name}` : ""}`;
}
