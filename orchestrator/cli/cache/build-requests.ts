// SPDX-License-Identifier: MIT
//
// What `build` is to build: scenarios that ask for the same of their kernels boot the same.

import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import type { KernelChoices } from "../../provision/kernel/kernel-choice.ts";
import type { QemuChoice } from "../../provision/qemu/choice.ts";
import { bootIdentity, requestOf } from "../../provision/request-of.ts";
import { readPlan } from "../../run/read-plan.ts";
import { listScenarios } from "../../scenario/catalogue.ts";
import type { Plan } from "../../scenario/plan.ts";
import { fileOf } from "../flags/scenario-choice.ts";

export interface BuildRequest {
  /** The scenarios that boot it, as they were named. */
  readonly scenarios: readonly string[];
  readonly request: ReturnType<typeof requestOf>;
}

/**
 * One request for each kernel. Those that ask for the least come first: the others' builds begin from theirs.
 *
 * @throws UsageError for a name that is none, and for mistakes in a scenario.
 */
export function buildRequests(
  names: readonly string[],
  chosen: {
    readonly all?: boolean | undefined;
    readonly kernels: KernelChoices;
    readonly qemu: QemuChoice;
  },
): BuildRequest[] {
  const { all = false } = chosen;
  if (all && names.length > 0) {
    throw new UsageError(`expected scenarios or --all, got both: ${names.join(" ")}`);
  }
  const wanted = all ? listScenarios(scenarioDirectory) : names.map(fileOf);
  const nothing = {
    ...{ configFragments: [], patches: [], programs: [] },
    hostArchitecture: "arm64",
  } as const;
  if (wanted.length === 0) return [{ scenarios: [], request: requestOf(nothing, chosen) }];
  const groups = new Map<string, { plan: Plan; scenarios: string[] }>();
  for (const { name, file } of wanted) {
    const plan = readPlan(file);
    const key = bootIdentity(plan);
    const group = groups.get(key) ?? { plan, scenarios: [] };
    group.scenarios.push(name);
    groups.set(key, group);
  }
  const extent = ({ configFragments, patches, programs, hostArchitecture }: Plan) =>
    configFragments.length +
    patches.length +
    programs.length +
    (hostArchitecture === "arm64" ? 0 : 1);
  return [...groups.values()]
    .sort((one, other) => extent(one.plan) - extent(other.plan))
    .map(({ plan, scenarios }) => ({ scenarios, request: requestOf(plan, chosen) }));
}
