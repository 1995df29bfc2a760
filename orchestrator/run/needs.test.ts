// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { expect, test } from "vitest";
import { scenarioDirectory } from "../project.ts";
import { needsOf } from "./needs.ts";
import { readPlan } from "./read-plan.ts";

test("virtual time needs the module that has commands begin on its grid, in each guest", () => {
  const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml"), {
    set: ["topology.time=virtual"],
  }).variants;
  if (!plan) throw new Error("no variant");
  const { host, endpoint } = needsOf(plan);
  for (const needs of [host, endpoint]) expect(needs).toContain("time_grid");
});

test("a scenario needs what it says and what its steps load, each thing once", () => {
  const set = ["needs.both=[CONFIG_NTB]", "needs.host=[CONFIG_PCI_IOV=y]"];
  const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml"), { set }).variants;
  if (!plan) throw new Error("no variant");
  expect(needsOf(plan)).toEqual({
    endpoint: [
      "CONFIG_NTB",
      "pci_epf_vntb",
      "vntb-bar-names",
      "remote-edma",
      "ntb_transport",
      "ntb_netdev",
    ],
    host: [
      "CONFIG_NTB",
      "CONFIG_PCI_IOV=y",
      "ntb_hw_epf",
      "remote-edma",
      "ntb_transport",
      "ntb_netdev",
    ],
  });
});
