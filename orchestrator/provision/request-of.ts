// SPDX-License-Identifier: MIT
import type { Plan } from "../scenario/plan.ts";
import { type KernelChoices, withWishes } from "./kernel/kernel-choice.ts";
import type { ProvisionRequest } from "./provision.ts";
import type { QemuChoice } from "./qemu/choice.ts";

/** What a plan boots: the kernels and the QEMU that a person chose, with what the scenario wants to have in the guests. */
export function requestOf(
  { programs, ...wishes }: Pick<Plan, "configFragments" | "programs" | "hostArchitecture">,
  { kernels, qemu }: { readonly kernels: KernelChoices; readonly qemu: QemuChoice },
): Required<Pick<ProvisionRequest, "kernels" | "programs" | "qemu">> {
  return { kernels: withWishes(kernels, wishes), programs, qemu };
}
