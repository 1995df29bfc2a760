// SPDX-License-Identifier: MIT
import * as z from "zod";
import { commonStepFields } from "./schema.ts";

/** The `do:` of a group of steps that run again and again. It is no step kind of its own: a plan has its steps, round by round. */
export const roundsKind = "rounds";

export const roundsSummary = "runs the steps inside several times over";

/**
 * Steps that are run `times` times over, all of them in each round, so that what changes on the machine
 * meanwhile meets all of them alike. Metrics get one sample a round.
 */
export const roundsFields = {
  times: z.int().min(1).max(100).describe("How many rounds there are."),
  steps: z
    .array(z.unknown())
    .min(1)
    .describe("The steps of a round; rounds inside of rounds are not possible."),
};

export const roundsSchema = z.strictObject({
  do: z.literal(roundsKind),
  as: commonStepFields.as,
  variants: commonStepFields.variants,
  ...roundsFields,
});
