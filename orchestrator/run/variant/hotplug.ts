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
  const machines = Object.entries(topology.machines).map(([name, machine]) => [
    name,
    machine.role === "host" && machine.hotplug === "auto"
      ? { ...machine, hotplug: checksLocks ? "rescan" : "pciehp" }
      : machine,
  ]);
  return { ...plan, topology: { ...topology, machines: Object.fromEntries(machines) } };
}

async function checksLocks(config: string): Promise<boolean> {
  return /^CONFIG_PROVE_LOCKING=y$/m.test(await readFile(config, "utf8"));
}
