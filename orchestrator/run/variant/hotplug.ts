// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import type { Artifacts } from "../../artifacts.ts";
import type { VariantPlan } from "../../scenario/plan.ts";

/**
 * The plan, with `hotplug: auto` decided. Upstream's pciehp takes two locks in both orders when a function arrives.
 * Lockdep reports that, and then looks at no lock any more: such a kernel is told when to look for the function, and
 * when it has gone.
 */
export async function withHotplug(plan: VariantPlan, { guests }: Artifacts): Promise<VariantPlan> {
  return hotplugFor(plan, await checksLocks(guests.host.kernel.config));
}

/** The same for a host's kernel of which it is known whether it checks locks. */
export function hotplugFor(plan: VariantPlan, checksLocks: boolean): VariantPlan {
  const { topology } = plan;
  if (topology.host.hotplug !== "auto") return plan;
  const host = { ...topology.host, hotplug: checksLocks ? "rescan" : "pciehp" } as const;
  return { ...plan, topology: { ...topology, host } };
}

async function checksLocks(config: string): Promise<boolean> {
  return /^CONFIG_PROVE_LOCKING=y$/m.test(await readFile(config, "utf8"));
}
