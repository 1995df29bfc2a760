// SPDX-License-Identifier: MIT
//
// What some kernels can do and others cannot, told by their source: a scenario names what it needs.

import { join } from "node:path";
import { readIfThere } from "../work/files.ts";

interface KernelFeature {
  /** File of the tree, and what stands in it when the kernel has the feature. */
  readonly file: string;
  readonly pattern: RegExp;
  /** What is so where it is absent. */
  readonly absence: string;
}

export const kernelFeatures: Readonly<Record<string, KernelFeature>> = {
  "bar-subranges": {
    file: "include/linux/pci-epf.h",
    pattern: /\bnum_submap\b/,
    absence: "this kernel maps a BAR as one piece (no num_submap in pci-epf.h)",
  },
  "bar-doorbell": {
    file: "include/linux/pci-ep-msi.h",
    pattern: /pci_epf_alloc_doorbell/,
    absence: "this kernel's endpoint functions have no doorbells that interrupt (no pci-ep-msi.h)",
  },
  "vntb-bar-names": {
    file: "drivers/pci/endpoint/functions/pci-epf-vntb.c",
    pattern: /ctrl_bar/,
    absence: "this kernel's pci-epf-vntb takes no BAR names (ctrl_bar, mw1_bar ...)",
  },
  "several-vntbs": {
    file: "drivers/pci/endpoint/functions/pci-epf-vntb.c",
    // Its function that binds does not register a driver that all of them share: the driver core refuses that the second time.
    pattern: /\bint epf_ntb_bind\((?:(?!\n\}|pci_register_driver\(&\w+\))[\s\S])*\n\}/,
    absence:
      "this kernel's pci-epf-vntb binds one function on a machine, for it registers the same PCI driver each time (pci_register_driver(&vntb_pci_driver) in epf_ntb_bind()); docs/upstream/vntb-second-refused has a fix: patches: [vntb-second-refused]",
  },
  "edma-remote-interrupts": {
    file: "include/linux/dma/edma.h",
    pattern: /dw_edma_ch_irq_mode/,
    absence:
      "this kernel's dw-edma cannot choose whom a channel interrupts (no dw_edma_ch_irq_mode)",
  },
  "edma-synchronize": {
    file: "drivers/dma/dw-edma/dw-edma-core.c",
    pattern: /device_synchronize/,
    absence:
      "this kernel's dw-edma may call back after dmaengine_terminate_sync() (no device_synchronize in dw-edma-core.c)",
  },
  "edma-partial": {
    file: "include/linux/dma/edma.h",
    pattern: /DW_EDMA_CHIP_PARTIAL/,
    absence: "this kernel's dw-edma always takes the whole engine (no DW_EDMA_CHIP_PARTIAL)",
  },
  "imx-endpoint": {
    file: "drivers/pci/controller/dwc/pci-imx6.c",
    pattern: /imx95_pcie_epc_features[^;]*BAR_FIXED/,
    absence:
      "this kernel has no driver of the i.MX95's endpoint controller (no imx95_pcie_epc_features in pci-imx6.c)",
  },
  "qcom-endpoint-suspends": {
    file: "drivers/pci/controller/dwc/pcie-qcom-ep.c",
    pattern: /pm_runtime_put_sync/,
    absence:
      "this kernel's pcie-qcom-ep knows no runtime power management (no pm_runtime_put_sync in pcie-qcom-ep.c)",
  },
  "rcar-s4-resizable-bars": {
    file: "drivers/pci/controller/dwc/pcie-rcar-gen4.c",
    pattern: /BAR_RESIZABLE/,
    absence:
      "this kernel does not know that the R-Car S4's BARs are resizable (no BAR_RESIZABLE in pcie-rcar-gen4.c)",
  },
  "rk3588-resizable-bars": {
    file: "drivers/pci/controller/dwc/pcie-dw-rockchip.c",
    pattern: /BAR_RESIZABLE/,
    absence:
      "this kernel takes the RK3588's BARs for fixed ones of 1 MiB (no BAR_RESIZABLE in pcie-dw-rockchip.c)",
  },
  "stm32-endpoint": {
    file: "drivers/pci/controller/dwc/pcie-stm32-ep.c",
    pattern: /st,stm32mp25-pcie-ep/,
    absence:
      "this kernel has no driver of the STM32MP25's endpoint controller (no pcie-stm32-ep.c)",
  },
};

/** Names of the features of the kernel whose source is in `source`. That the tree is there must have been seen before. */
export async function featuresOf(source: string): Promise<string[]> {
  const found = Object.entries(kernelFeatures).map(async ([name, { file, pattern }]) =>
    pattern.test((await readIfThere(join(source, file))) ?? "") ? [name] : [],
  );
  return (await Promise.all(found)).flat();
}
