// SPDX-License-Identifier: MIT
//
// Runs of one plan with a seed each, which vary what takes virtual time: a search for an order of events that fails.

import { UsageError } from "../errors.ts";
import type { Plan } from "../scenario/plan.ts";

/** @throws UsageError for a plan on wall-clock time, which no seed varies. */
export function requireVirtualTime(plan: Plan): void {
  const wall = plan.variants.find(({ topology }) => topology.time !== "virtual");
  if (wall) {
    const which = wall.variant === "" ? plan.scenario : `${plan.scenario}, variant ${wall.variant}`;
    throw new UsageError(
      `--seeds varies virtual time, and ${which} goes by the wall clock: expected a scenario with "time: virtual"`,
    );
  }
}

/** The same run with another seed. */
export function withSeed(plan: Plan, seed: number): Plan {
  const variants = plan.variants.map((variant) => ({
    ...variant,
    topology: { ...variant.topology, seed },
  }));
  return { ...plan, variants };
}

/** The seed of all variants; undefined where there is none, or one has another. */
export function seedOf({ variants }: Pick<Plan, "variants">): number | undefined {
  const seeds = new Set(variants.map(({ topology }) => topology.seed));
  const [seed] = seeds;
  return seeds.size === 1 && seed !== 0 ? seed : undefined;
}

/** The command that makes a run again, for the one of this seed. */
export function reproducingSeed(command: string, seed: number): string {
  return `${command}${command.includes(" -- ") ? "" : " --"} --seed ${seed}`;
}
