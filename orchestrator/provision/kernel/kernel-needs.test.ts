// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { GuestArtifacts } from "../../artifacts.ts";
import { unmetNeeds } from "./kernel-needs.ts";

let root: string;
let guest: GuestArtifacts;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kernel-needs-test-"));
  writeFileSync(join(root, "config"), "CONFIG_NTB=m\nCONFIG_PCI=y\n# CONFIG_KASAN is not set\n");
  guest = {
    kernel: { config: join(root, "config") } as GuestArtifacts["kernel"],
    facts: { source: "/gone", features: ["edma-partial"], tests: [], decodeScript: undefined },
    debug: { modules: "", gdbScripts: undefined },
    decodingPrefix: "",
    ...{ initrd: "", debugModules: "" },
    modules: ["ntb", "ntb_hw_epf", "ntb_transport"],
    superseded: [],
    lacks: [
      { name: "lab:ntb_transport", reason: "it does not build for this kernel" },
      { name: "lab:edma_test", reason: "nor does it" },
      { name: "CONFIG_ARM_SMMU_V3", reason: "without it there is no IOMMU" },
    ],
  };
});
afterEach(() => rmSync(root, { recursive: true }));

test("what is there is met: a symbol, its value, a module by either name, a test", async () => {
  const needs = [
    "CONFIG_NTB",
    "CONFIG_NTB=m",
    "CONFIG_PCI=y",
    "CONFIG_KASAN=n",
    "CONFIG_NEVER_HEARD_OF=n",
    "ntb-hw-epf",
    "ntb_hw_epf",
    "ntb_transport",
    "ntb/ntb_test.sh",
    "edma-partial",
  ];
  const facts = { ...guest.facts, tests: ["ntb/ntb_test.sh"] };
  expect(await unmetNeeds({ ...guest, facts }, needs)).toEqual([]);
  expect(await unmetNeeds({ ...guest, lacks: [] }, ["remote-edma"])).toEqual([]);
});

test("where nothing is needed no kernel is looked at", async () => {
  rmSync(join(root, "config"));
  expect(await unmetNeeds(guest, [])).toEqual([]);
  await expect(unmetNeeds(guest, ["CONFIG_NTB"])).rejects.toThrow("ENOENT");
});

test.each([
  ["CONFIG_KASAN", "CONFIG_KASAN: must be set, and is not set (--config-fragment FILE can set it)"],
  [
    "CONFIG_PCI=n",
    "CONFIG_PCI: must be not set, and is y (this is for kernels without it, such as the pinned one)",
  ],
  ["CONFIG_NTB=y", "CONFIG_NTB: must be y, and is m (--config-fragment FILE can set it)"],
  [
    "CONFIG_NVME_TARGET",
    "CONFIG_NVME_TARGET: must be set, and is not set (--config-fragment nvme sets it, and so does config-fragments: [nvme] in the scenario)",
  ],
  [
    "bar-subranges",
    "bar-subranges: this kernel maps a BAR as one piece (no num_submap in pci-epf.h)",
  ],
  ["remote-edma", "remote-edma: it does not build for this kernel"],
  ["edma_test", "edma_test: nor does it"],
  ["pci_endpoint", "pci_endpoint: this kernel's tree has no tools/testing/selftests/pci_endpoint"],
  ["CONFIG_ARM_SMMU_V3=y", "CONFIG_ARM_SMMU_V3=y: without it there is no IOMMU"],
  ["ntb_transprt", "ntb_transprt: there is no such module, and no kernel feature of that name"],
])("%s is told", async (need, told) => {
  expect(await unmetNeeds(guest, [need, need])).toEqual([told]);
});

test("a module of the project's that gave way to the tree's is told with what to do", async () => {
  const superseded = [{ name: "ntb_transport", reason: "the tree has its own (rq.c)" }];
  expect(
    await unmetNeeds({ ...guest, lacks: [], modules: [], superseded }, ["ntb_transport"]),
  ).toEqual(["ntb_transport: the tree has its own (rq.c); its modules go under `transport`"]);
  expect(await unmetNeeds({ ...guest, superseded }, ["ntb_perf"])).toEqual([
    "ntb_perf: there is no such module, and no kernel feature of that name",
  ]);
});

test("a module that the tree builds for a symbol is told with that, and with what sets it", async () => {
  mkdirSync(join(root, "drivers/ntb"), { recursive: true });
  writeFileSync(
    join(root, "drivers/ntb/Makefile"),
    "obj-$(CONFIG_KASAN) += ntb_transport_edma.o\nobj-$(CONFIG_NTB) += ntb_perf.o\nobj-$(CONFIG_GONE) += gone.o\n",
  );
  const facts = { ...guest.facts, source: root };
  const builds = (symbol: string, is: string) =>
    `drivers/ntb/Makefile builds this module for ${symbol}, which ${is}; --config-fragment FILE can set it`;
  expect(await unmetNeeds({ ...guest, facts }, ["ntb_transport_edma", "ntb_perf", "gone"])).toEqual(
    [
      `ntb_transport_edma: ${builds("CONFIG_KASAN", "is not set")}`,
      `ntb_perf: ${builds("CONFIG_NTB", "is m")}`,
      `gone: ${builds("CONFIG_GONE", "is not set")}`,
    ],
  );
});
