// SPDX-License-Identifier: MIT
import type { KernelChoices } from "../../provision/kernel/kernel-choice.ts";
import { provision } from "../../provision/provision.ts";
import type { QemuChoice } from "../../provision/qemu/choice.ts";
import { bootIdentity, requestOf } from "../../provision/request-of.ts";
import type { ProgressSink } from "../../provision/work/events.ts";
import type { Plan } from "../../scenario/plan.ts";
import type { Provision } from "../request.ts";

/** By what a person chose, building what the cache lacks unless they said otherwise. */
export function provisionBy(settings: {
  readonly kernels: KernelChoices;
  readonly qemu: QemuChoice;
  readonly build?: boolean;
}): Provision {
  return (plan, options) =>
    provision({ ...requestOf(plan, settings), build: settings.build !== false }, options);
}

/**
 * Has all that these plans boot before any of them boots, one after the other: beside compilers, VMs would be slow, and runs
 * that wait for the same build would keep others waiting. What cannot be had keeps no other plan from its run.
 *
 * @returns how each of them gets what it boots then: at once, or with the error that came the first time.
 */
export async function provisionFirst(
  plans: readonly Plan[],
  make: Provision,
  { signal, progress }: { signal: AbortSignal; progress: ProgressSink },
): Promise<Provision> {
  const failures = new Map<string, unknown>();
  for (const [key, [plan]] of Map.groupBy(plans, bootIdentity)) {
    if (plan === undefined || signal.aborted) break;
    try {
      await make(plan, { signal, progress });
    } catch (error) {
      if (!signal.aborted) failures.set(key, error);
    }
  }
  return (plan, options) => {
    const key = bootIdentity(plan);
    return failures.has(key) ? Promise.reject(failures.get(key)) : make(plan, options);
  };
}
