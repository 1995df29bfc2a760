// SPDX-License-Identifier: MIT
import { qemuArguments, roles, shellLine } from "../lab/arguments.ts";
import { labPaths } from "../lab/lab.ts";
import type { Plan, VariantPlan } from "../scenario/plan.ts";
import { stepKinds } from "../steps/registry.ts";

/** What a run would do: both QEMU command lines and every guest command. What a run makes stands as $NAME. */
export function dryRun(plan: Plan): string {
  return plan.variants
    .map((variant) => {
      const heading = variant.variant ? `# variant ${variant.variant}: ${variant.title}\n\n` : "";
      return `${heading}${dryRunOf(variant)}`;
    })
    .join("\n");
}

function dryRunOf(plan: VariantPlan): string {
  const boot = { kernel: "$KERNEL", initrd: "$INITRD" };
  const paths = labPaths({ host: boot, endpoint: boot }, "$RUN");
  const machines = roles.map((role) => {
    const args = qemuArguments(role, plan, paths[role], "tcg");
    return `# ${role} VM\n${shellLine("qemu-system-aarch64", args)}\n`;
  });
  const steps = plan.steps.map((step) => {
    const kind = stepKinds.get(step.kind);
    const commands = (kind?.commands(step, plan) ?? []).map(
      ({ on, what, script }) => `## in the ${on} VM: ${what}\n${script}\n`,
    );
    return `# step ${step.id}: ${kind?.title(step) ?? step.kind}\n${commands.join("")}`;
  });
  return [...machines, ...steps].join("\n");
}
