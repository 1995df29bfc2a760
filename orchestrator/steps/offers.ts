// SPDX-License-Identifier: MIT
//
// What checks can take from a step's evidence whatever the step's kind. A kind of step says in its definition which of these
// it offers, and how it finds them in its evidence.

import type { Ending } from "../lab/ending.ts";

/** How a command in a guest ended. */
export interface CommandOutcome extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

/** What is kept of a command. */
export function outcomeOf({ status, signal, stdout, stderr }: CommandOutcome): CommandOutcome {
  return { status, ...(signal && { signal }), stdout, stderr };
}

/** How a command ended that was under way when a fault came. */
export interface InterruptedWork extends CommandOutcome {
  /** Milliseconds from the fault to its end. */
  readonly ms: number;
}

/** What became of a function, and of what was under way over it, when the link was lost. */
export interface LinkLoss {
  /** Milliseconds from the loss until the surviving controller or slot knew. */
  readonly noticedMs: number;
  /** Milliseconds from the loss until the host's kernel had removed the function; absent if it was the host that died. */
  readonly removedMs?: number;
  readonly work?: InterruptedWork;
}

export interface Offers {
  readonly command: CommandOutcome;
  readonly "link-loss": LinkLoss;
}

/** How each offer is found in the evidence of a kind of step; undefined where this step has none. */
export type OffersOf<Data> = {
  readonly [Name in keyof Offers]?: (data: Data) => Offers[Name] | undefined;
};
