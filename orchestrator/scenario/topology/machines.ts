// SPDX-License-Identifier: MIT
import * as z from "zod";
import { size } from "../size.ts";

const count = z.int().min(1);

const machineFields = {
  memory: size.default(1 << 30),
  cpus: count.max(8).default(1),
  "interrupt-controller": z
    .enum(["gicv3-its", "gicv2m"])
    .default("gicv3-its")
    .describe("GICv3 with an ITS, or the older GICv2 with its MSI frame. A PC has its own."),
  "kernel-arguments": z.array(z.string()).default([]),
};

export const endpointMachine = z.strictObject({
  machine: z
    .literal("virt", {
      error:
        'expected "virt", for endpoints are 64-bit Arm: on x86, pci-epf-vntb hands its own structure to pci_scan_bus(), which takes it for one of its own; a host can be a PC ("host: { machine: q35 }")',
    })
    .default("virt"),
  ...machineFields,
  iommu: z
    .enum(["none", "smmuv3"])
    .default("none")
    .describe(
      "Arm's IOMMU, for the endpoint's controllers: it translates what their engine and inbound windows do to this machine's memory.",
    ),
  "joins-hosts": z
    .boolean()
    .default(false)
    .describe(
      "Its two links are the sides of one NTB, as `pci_epf_ntb` makes it: a function is bound to both of its controllers, and `ntb_netdev`'s network goes from one host to the other.",
    ),
});

/** Kinds of cards that Linux's dw-edma-pcie knows: a test holds this list against the device's own. */
export const cardKinds = ["edda", "mdb", "cpm6"] as const;

/** Properties of the card, by the names of the QEMU device's properties. */
const card = z
  .strictObject({
    kind: z
      .enum(cardKinds)
      .describe(
        "Synopsys' EDDA, which describes an eDMA or an HDMA; Xilinx's MDB and CPM6, with HDMA.",
      ),
    "dma-map": z
      .enum(["edma-v0", "hdma-v0"])
      .optional()
      .describe("The engine's register map: by default eDMA's for edda, HDMA's for the others."),
    "wr-channels": count
      .max(8)
      .optional()
      .describe(
        "Channels in each direction: by default, and at most, 2 of edda and 8 of the others.",
      ),
    "rd-channels": count.max(8).optional(),
    "msi-vectors": z.int().min(0).max(32).optional(),
    "msix-vectors": z.int().min(0).max(2048).optional(),
    "forgive-abort-enable": z
      .boolean()
      .optional()
      .describe(
        "As of the controller, for the eDMA of edda: without it an abort interrupts nobody.",
      ),
    "forgive-posted-order": z
      .boolean()
      .optional()
      .describe(
        "On unless it is switched off: what the host writes to the card's memory is there at once. Off: a doorbell may overtake it, unless the host reads back.",
      ),
    "tells-memory": z
      .boolean()
      .optional()
      .describe(
        "Whether a card of Xilinx's says where its engine finds its memory; without it, the driver uses no lists.",
      ),
  })
  .optional()
  .describe(
    "A card with a DMA engine that the host drives by dw-edma-pcie, beside the endpoint's function.",
  );

/** Host machines: a board of 64-bit Arm, or a PC. */
export const hostMachines = ["virt", "q35"] as const;

export const hostMachine = z.strictObject({
  machine: z
    .enum(hostMachines)
    .default("virt")
    .describe(
      "`virt` is 64-bit Arm as the endpoint is; `q35` is a PC (x86-64), with a kernel and an image of its own.",
    ),
  ...machineFields,
  card,
  iommu: z
    .enum(["none", "smmuv3", "intel"])
    .default("none")
    .describe(
      "An IOMMU that translates what PCIe functions do: Arm's for `virt`; Intel's, which remaps interrupts, too, for `q35`.",
    ),
  hotplug: z
    .enum(["auto", "pciehp", "rescan"])
    .default("auto")
    .describe(
      "How the host learns of the function: by its hot-plug driver, or told by the steps that bring the link up and take it down.",
    ),
});

/** Where a topology says what it says, from the topology on; for messages. */
export interface Place {
  readonly at: readonly string[];
}
export type HostMachine = z.output<typeof hostMachine> & { readonly role: "host" } & Place;
export type EndpointMachine = z.output<typeof endpointMachine> & {
  readonly role: "endpoint";
} & Place;
export type Machine = HostMachine | EndpointMachine;
