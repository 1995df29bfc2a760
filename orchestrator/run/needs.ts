// SPDX-License-Identifier: MIT

import type { Guests } from "../artifacts.ts";
import { timeGridModule } from "../lab/time-grid.ts";
import { unmetNeeds } from "../provision/kernel/kernel-needs.ts";
import { functionOf, type VariantPlan } from "../scenario/plan.ts";
import { type MachineName, machineOf, namesOf } from "../scenario/topology/graph.ts";
import { stepKinds } from "../steps/registry.ts";

/** What each machine's kernel must have: what the scenario says, what its steps do, and what virtual time has loaded at boot. */
export function needsOf(plan: VariantPlan): Readonly<Record<MachineName, readonly string[]>> {
  const { both, ...own } = plan.needs;
  const ofTime = plan.topology.time === "virtual" ? [timeGridModule] : [];
  const ofSteps = plan.steps.map((step) => stepKinds.get(step.kind)?.needs(step, plan) ?? {});
  const all = namesOf(plan.topology).map((name) => {
    const needs = [
      ...both,
      ...(own[name] ?? []),
      ...ofTime,
      ...ofSteps.flatMap((needs) => needs[name] ?? []),
      ...ofFunctions(plan, name),
    ];
    return [name, [...new Set(needs)]] as const;
  });
  return Object.fromEntries(all);
}

/** What functions need of a machine that has them at the same time. */
function ofFunctions(plan: VariantPlan, name: MachineName): string[] {
  const moves = plan.steps
    .flatMap(({ kind, params }) => stepKinds.get(kind)?.moves(params, plan.topology) ?? [])
    .filter(({ machine }) => machine === name);
  // What goes may come elsewhere.
  if (moves.some(({ binds }) => binds === undefined)) return [];
  const vntbs = moves
    .map(({ binds }) => binds?.function)
    .filter((one) => functionOf(plan, one).driver === "pci_epf_vntb");
  return new Set(vntbs).size > 1 ? ["several-vntbs"] : [];
}

/** What the kernels lack, a sentence each with the machine's name; of several variants what any of them needs. */
export async function lacking(
  variants: readonly VariantPlan[],
  guests: Guests,
): Promise<readonly string[]> {
  const told = await Promise.all(
    variants.flatMap((plan) =>
      Object.entries(needsOf(plan)).map(async ([name, needs]) => {
        const guest = guests[machineOf(plan.topology, name).role];
        return (await unmetNeeds(guest, needs)).map(
          (sentence) => `the ${name}'s kernel: ${sentence}`,
        );
      }),
    ),
  );
  return [...new Set(told.flat())];
}
