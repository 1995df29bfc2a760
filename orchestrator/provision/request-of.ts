// SPDX-License-Identifier: MIT
import type { Plan } from "../scenario/plan.ts";
import { type KernelChoices, wishesIdentity, withWishes } from "./kernel/kernel-choice.ts";
import type { ProvisionRequest } from "./provision.ts";
import type { QemuChoice } from "./qemu/choice.ts";

type Booted = Pick<Plan, "configFragments" | "patches" | "programs" | "hostArchitecture">;

/** Plans of which this is the same boot the same, whatever a person chose. */
export function bootIdentity({ programs, ...wishes }: Booted): string {
  return JSON.stringify([wishesIdentity(wishes), programs.toSorted()]);
}

/** What a plan boots: the kernels and the QEMU that a person chose, with what the scenario wants to have in the guests. */
export function requestOf(
  { programs, ...wishes }: Booted,
  { kernels, qemu }: { readonly kernels: KernelChoices; readonly qemu: QemuChoice },
): Required<Pick<ProvisionRequest, "kernels" | "programs" | "qemu">> {
  return { kernels: withWishes(kernels, wishes), programs, qemu };
}
