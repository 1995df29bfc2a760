// SPDX-License-Identifier: MIT
import * as z from "zod";
import { pattern } from "./pattern.ts";

/**
 * In what way a scenario of a known bug fails. What is given has to come true, all of it: the check must
 * fail, the step must fail, a kernel must complain so on its console; and nothing else may go wrong.
 */
export const failsSchema = z.strictObject({
  /** The id of a check that fails. */
  check: z.string().optional(),
  /** The `as` of a step that breaks the run off. */
  step: z.string().optional(),
  /** A complaint on a console: matches one of its lines, the stack's too. */
  console: pattern.optional(),
  /** The guest whose console it is; without it, either. */
  on: z.string().optional(),
  /** What the check or the step gives as its reason. */
  says: pattern.optional(),
});
export type Fails = z.output<typeof failsSchema>;

/** `expect: fail` with what belongs to it. */
export interface Expectation {
  readonly fails: Fails;
  /** Where the bug is reported. */
  readonly report: string | undefined;
}

/** A description of a failure, in words. */
export function inWords({ check, step, console, on, says }: Fails): string {
  const why = says === undefined ? "" : `: /${says}/`;
  return [
    ...(check === undefined ? [] : [`check ${check}${why}`]),
    ...(step === undefined ? [] : [`step ${step}${why}`]),
    ...(console === undefined ? [] : [`${on ?? "either"} console: /${console}/`]),
  ].join(", ");
}
