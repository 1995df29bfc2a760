// SPDX-License-Identifier: MIT
//
// What `build` is to build: scenarios that ask for the same of their kernels boot the same.

import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { type KernelChoices, withFragments } from "../../provision/kernel/kernel-choice.ts";
import { readPlan } from "../../run/read-plan.ts";
import { listScenarios } from "../../scenario/catalogue.ts";
import { fileOf } from "../flags/scenario-choice.ts";

export interface BuildRequest {
  /** The scenarios that boot it, as they were named. */
  readonly scenarios: readonly string[];
  readonly kernels: KernelChoices;
}

/**
 * One request for each kernel. Those that ask for the least come first: the others' builds begin from theirs.
 *
 * @throws UsageError for a name that is none, and for mistakes in a scenario.
 */
export function buildRequests(
  names: readonly string[],
  { all = false, kernels }: { readonly all?: boolean | undefined; readonly kernels: KernelChoices },
): BuildRequest[] {
  if (all && names.length > 0) {
    throw new UsageError(`expected scenarios or --all, got both: ${names.join(" ")}`);
  }
  const wanted = all ? listScenarios(scenarioDirectory) : names.map(fileOf);
  if (wanted.length === 0) return [{ scenarios: [], kernels }];
  const byFragments = new Map<string, { fragments: readonly string[]; scenarios: string[] }>();
  for (const { name, file } of wanted) {
    const fragments = [...readPlan(file).configFragments].sort();
    const key = fragments.join(" ");
    const group = byFragments.get(key) ?? { fragments, scenarios: [] };
    group.scenarios.push(name);
    byFragments.set(key, group);
  }
  return [...byFragments.values()]
    .sort((one, other) => one.fragments.length - other.fragments.length)
    .map(({ fragments, scenarios }) => ({ scenarios, kernels: withFragments(kernels, fragments) }));
}
