// SPDX-License-Identifier: MIT

import { architectureNames } from "../../guest-architectures.ts";
import { qemuArguments } from "../../lab/arguments.ts";
import { vmPaths } from "../../lab/paths.ts";
import { shellLine } from "../../lab/shell-line.ts";
import { withSeed } from "../../run/seeds.ts";
import { hotplugFor } from "../../run/variant/hotplug.ts";
import type { Plan, PlannedStep, VariantPlan } from "../../scenario/plan.ts";
import { namesOf } from "../../scenario/topology/graph.ts";
import { architectureOf } from "../../scenario/topology/host-machine.ts";
import { stepKinds } from "../../steps/registry.ts";

interface DryRunOptions {
  /** It checks locks, and is therefore told when the function comes. */
  readonly debugKernel?: boolean;
  /** A run for each of them. */
  readonly seeds?: readonly number[] | undefined;
}

/**
 * What a run would do: all QEMU command lines and every guest command. What a run makes stands as $NAME. Of several runs that
 * seeds tell apart it is the first one.
 */
export function dryRun(
  given: Plan,
  { debugKernel = false, seeds = [] }: DryRunOptions = {},
): string {
  const [seed] = seeds;
  const plan = seed === undefined ? given : withSeed(given, seed);
  const runs =
    seeds.length > 1
      ? `# ${seeds.length} runs with the seeds ${seed} to ${seeds.at(-1)}, the first of which is this\n\n`
      : "";
  const fragments = ["base", ...plan.configFragments].map((name) => `${name}.config`);
  const guests = [
    ...(fragments.length === 1 && plan.patches.length === 0
      ? []
      : [`# kernel of both VMs: ${fragments.join(", ")}\n`]),
    ...(plan.patches.length === 0
      ? []
      : [`# patches on it: ${plan.patches.map((name) => `${name}.patch`).join(", ")}\n`]),
    ...(plan.programs.length === 0
      ? []
      : [`# image of both VMs: ${plan.programs.join(", ")}, too\n`]),
  ];
  const variants = plan.variants
    .map((given) => {
      const variant = hotplugFor(given, debugKernel);
      const heading = variant.variant ? `# variant ${variant.variant}: ${variant.title}\n\n` : "";
      return `${heading}${dryRunOf(variant)}`;
    })
    .join("\n");
  return [runs, ...guests, ...(guests.length === 0 ? [] : ["\n"]), variants].join("");
}

function dryRunOf(plan: VariantPlan): string {
  const boot = { kernel: "$KERNEL", initrd: "$INITRD" };
  const machines = namesOf(plan.topology).map((name) => {
    const paths = vmPaths(plan.topology, name, boot, "$RUN");
    const args = qemuArguments(name, plan, paths, "tcg");
    const { program } = architectureNames[architectureOf(plan.topology, name)].qemu;
    return `# ${name} VM\n${shellLine(program, args)}\n`;
  });
  const steps = plan.steps.filter(firstTime).map((step) => {
    const kind = stepKinds.get(step.kind);
    const commands = (kind?.commands(step, plan) ?? []).map(
      ({ on, what, script }) => `## in the ${on} VM: ${what}\n${script}\n`,
    );
    return `# step ${step.name}${rounds(step)}: ${kind?.title(step) ?? step.kind}\n${commands.join("")}`;
  });
  return [...machines, ...steps].join("\n");
}

/** Every round runs the same commands. */
function firstTime({ round }: PlannedStep): boolean {
  return (round?.number ?? 1) === 1;
}

function rounds({ round }: PlannedStep): string {
  return round ? `, in each of ${round.of} rounds` : "";
}
