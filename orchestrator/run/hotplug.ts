// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import type { Artifacts } from "../provision/artifacts.ts";
import type { PlannedStep, VariantPlan } from "../scenario/plan.ts";

/**
 * The plan, with `hotplug: auto` decided. Upstream's pciehp takes two locks in both orders when a function arrives.
 * Lockdep reports that, and then looks at no lock any more: such a kernel looks for the function itself, unless a
 * step needs to see it go.
 */
export async function withHotplug(plan: VariantPlan, { guests }: Artifacts): Promise<VariantPlan> {
  const { topology } = plan;
  if (topology.host.hotplug !== "auto") return plan;
  const rescan = !plan.steps.some(losesFunction) && (await checksLocks(guests.host.kernel.config));
  const host = { ...topology.host, hotplug: rescan ? "rescan" : "pciehp" } as const;
  return { ...plan, topology: { ...topology, host } };
}

function losesFunction({ kind, params }: PlannedStep): boolean {
  return kind === "lose-link" || (kind === "kill-vm" && params.vm === "endpoint");
}

async function checksLocks(config: string): Promise<boolean> {
  return /^CONFIG_PROVE_LOCKING=y$/m.test(await readFile(config, "utf8"));
}
