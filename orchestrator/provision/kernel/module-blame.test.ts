// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { blamedModule } from "./module-blame.ts";

const names = ["edma_test", "ntb_client", "ntb_transport"];

test("the compiler's first error names the module, after warnings and whatever make says", () => {
  const output = [
    "make[2]: Entering directory '/cache/trees/modules-of-kernel-1'",
    "ntb_client/main.c:3:1: warning: unused",
    "/cache/trees/modules-of-kernel-1/ntb_transport/edma/ep/ep.c:41:10: error: 'struct pci_epf_bar' has no member named 'submap'",
    "edma_test/host.c:1:1: error: something else",
  ];
  expect(blamedModule(output, names)).toEqual({
    name: "ntb_transport",
    reason:
      "it does not build for this kernel: 'struct pci_epf_bar' has no member named 'submap' (ntb_transport/edma/ep/ep.c:41)",
  });
});

test("a missing header and a missing export are theirs, too", () => {
  const header = "edma_test/host.c:7:10: fatal error: linux/dma/edma.h: No such file or directory";
  expect(blamedModule([header], names)?.name).toBe("edma_test");
  const symbol = 'ERROR: modpost: "dw_edma_probe" [edma_test/edma_test.ko] undefined!';
  expect(blamedModule([symbol], names)?.reason).toContain('"dw_edma_probe"');
});

test("an error of the kernel's own files is nobody's", () => {
  const output = [
    "./include/linux/pci.h:12:1: error: expected ';'",
    "make: *** [Makefile:1] Error 2",
  ];
  expect(blamedModule(output, names)).toBeUndefined();
});
