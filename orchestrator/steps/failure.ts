// SPDX-License-Identifier: MIT
//
// What went wrong by a step's own evidence. It is for a check to judge; where none does, the step has failed.

import * as z from "zod";
import { endingOf } from "../lab/ending.ts";
import type { CommandOutcome } from "./offers.ts";

export interface StepFailure {
  readonly message: string;
  /** What was printed, for a person. */
  readonly lines: readonly string[];
}

/** The field of steps, and of work under way, that may end badly. */
export const mayFail = z
  .boolean()
  .default(false)
  .describe("Whether it may end badly though no check judges that.");

/** Lines of output that are shown. */
const most = 12;

/** A command that ended with another status than 0, or had to be killed. */
export function commandFailure(
  what: string,
  { stdout, stderr, ...ending }: CommandOutcome,
): StepFailure | undefined {
  if (ending.status === 0) return undefined;
  const ended = endingOf(ending);
  const lines = `${stdout}\n${stderr}`.trim().split("\n").slice(-most);
  return { message: `${what} ${ended}: ${lines.at(-1) || "it printed nothing"}`, lines };
}
