// SPDX-License-Identifier: MIT

import type { Guests } from "../artifacts.ts";
import { type Role, roles } from "../lab/role.ts";
import { unmetNeeds } from "../provision/kernel/kernel-needs.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { stepKinds } from "../steps/registry.ts";

/** What each guest's kernel must have: what the scenario says, and what its steps load. */
export function needsOf(plan: VariantPlan): Readonly<Record<Role, readonly string[]>> {
  const { both, ...own } = plan.needs;
  const ofSteps = plan.steps.map((step) => stepKinds.get(step.kind)?.needs(step, plan) ?? {});
  const all = roles.map((role) => {
    const needs = [...both, ...own[role], ...ofSteps.flatMap((needs) => needs[role] ?? [])];
    return [role, [...new Set(needs)]] as const;
  });
  return Object.fromEntries(all) as Record<Role, readonly string[]>;
}

/** What the kernels lack, a sentence each with the guest's name; of several variants what any of them needs. */
export async function lacking(
  variants: readonly VariantPlan[],
  guests: Guests,
): Promise<readonly string[]> {
  const told = await Promise.all(
    variants.flatMap((plan) =>
      roles.map(async (role) => {
        const unmet = await unmetNeeds(guests[role], needsOf(plan)[role]);
        return unmet.map((sentence) => `the ${role}'s kernel: ${sentence}`);
      }),
    ),
  );
  return [...new Set(told.flat())];
}
