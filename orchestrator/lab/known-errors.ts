// SPDX-License-Identifier: MIT
import type { KnownNoise } from "../scenario/known-noise.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import type { Controller } from "../scenario/topology/controller.ts";

/**
 * What kernels say at error level though nothing is wrong, in any scenario with such a topology, each with the reason. Complaints are not
 * let pass by this.
 */
const known: readonly {
  readonly pattern: string;
  readonly reason: string;
  /** With which controllers it may be; everywhere else it is news. */
  readonly where: (controller: Controller) => boolean;
}[] = [
  {
    // pci_epf_alloc_doorbell() in drivers/pci/endpoint/pci-ep-msi.c
    pattern: "Can't find MSI domain for EPC",
    reason:
      "the endpoint's interrupt controller takes no doorbells (controller.msi-doorbells), so the driver takes others",
    where: (controller) => !controller["msi-doorbells"],
  },
  {
    // epf_ntb_db_bar_init() of pci-epf-vntb tries the engine's interrupt emulation first
    pattern: "Failed to program IB window|Failed to set Doorbell BAR",
    reason:
      "inbound windows begin at multiples of controller.atu-align, which the engine's registers do not, so pci-epf-vntb polls for doorbells",
    where: (controller) => controller["atu-align"] > 128,
  },
  {
    // epf_ntb_db_bar_init() of pci-epf-vntb, where pci_epf_alloc_doorbell() finds neither
    pattern: "pci_epf_vntb \\S+: Failed to allocate doorbell: -19",
    reason:
      "there is no eDMA whose interrupt emulation could be a doorbell, so pci-epf-vntb polls for them",
    where: (controller) => controller["wr-channels"] === 0 && controller["rd-channels"] === 0,
  },
];

/** All that kernels may say at error level in a plan: by the scenario's own word, and by this list. */
export function knownErrors(plan: Pick<VariantPlan, "topology" | "knownNoise">): KnownNoise {
  const { links } = plan.topology;
  const general = known.filter(({ where }) => links.some(({ controller }) => where(controller)));
  return [...plan.knownNoise, ...general.map(({ pattern, reason }) => ({ pattern, reason }))];
}
