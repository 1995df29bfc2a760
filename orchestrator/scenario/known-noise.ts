// SPDX-License-Identifier: MIT
import * as z from "zod";
import { pattern } from "./pattern.ts";
import type { MachineName } from "./topology/graph.ts";

/** Complaints and errors of a kernel that may be, each with the reason why. */
export const knownNoiseSchema = z
  .array(
    z.strictObject({
      /** Matches one of the complaint's lines, those of its stack, too. */
      pattern,
      reason: z.string().min(1),
      /** The machine whose complaint it is; without it, any. */
      on: z.string().optional(),
      /** The steps during which it may come, by their `as`; without it, all. With it a message at error level is meant, no complaint. */
      during: z.array(z.string()).min(1).optional(),
    }),
  )
  .default([]);
export type KnownNoise = z.output<typeof knownNoiseSchema>;

/**
 * The reason why a guest's kernel may say so: the lines are those of one complaint, its stack's too. Undefined if it may not. `step` is the
 * one during which it said it, by its name in the scenario.
 */
export function reasonIn(
  noise: KnownNoise,
  machine: MachineName,
  complaint: readonly string[],
  step?: string,
): string | undefined {
  return noise.find(({ on, pattern, during }) => {
    const known = new RegExp(pattern);
    if (on !== undefined && on !== machine) return false;
    if (during && (step === undefined || !during.includes(step))) return false;
    return complaint.some((line) => known.test(line));
  })?.reason;
}

/** Whether a guest's kernel may complain so. */
export type IsKnown = (machine: MachineName, complaint: readonly string[]) => boolean;

/** What a scenario lets kernels complain of, for whoever looks at complaints. */
export function knownBy(noise: KnownNoise): IsKnown {
  return (machine, complaint) => reasonIn(noise, machine, complaint) !== undefined;
}
