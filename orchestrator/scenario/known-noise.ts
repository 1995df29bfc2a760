// SPDX-License-Identifier: MIT
import * as z from "zod";
import { pattern } from "./pattern.ts";

/** Complaints of a kernel that do not fail the run, each with the reason why it may stay. */
export const knownNoiseSchema = z
  .array(
    z.strictObject({
      /** Matches one of the complaint's lines, those of its stack, too. */
      pattern,
      reason: z.string().min(1),
      /** The guest whose complaint it is; without it, either. */
      on: z.enum(["host", "endpoint"]).optional(),
    }),
  )
  .default([]);
export type KnownNoise = z.output<typeof knownNoiseSchema>;

/** Whether a guest's kernel may complain so: the lines are those of one complaint, its stack's too. */
export type IsKnown = (role: "host" | "endpoint", complaint: readonly string[]) => boolean;

/** What a scenario lets kernels complain of, for whoever looks at complaints. */
export function knownBy(noise: KnownNoise): IsKnown {
  const rules = noise.map(({ on, pattern }) => ({ on, known: new RegExp(pattern) }));
  return (role, complaint) =>
    rules.some(
      ({ on, known }) =>
        (on === undefined || on === role) && complaint.some((line) => known.test(line)),
    );
}
