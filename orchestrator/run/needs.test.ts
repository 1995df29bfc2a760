// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { scenarioDirectory } from "../project.ts";
import { parseScenario } from "../scenario/load.ts";
import { makePlan } from "../scenario/plan.ts";
import { needsOf } from "./needs.ts";
import { readPlan, vocabulary } from "./read-plan.ts";

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

describe("a kernel that can have several virtual NTBs", () => {
  const fn = (driver: string) => ({ driver, vendor: 1, device: 1 });

  /** What the endpoint of two hosts has to have for these steps. */
  function needsOfSoc(steps: readonly object[], second = "pci_epf_vntb"): readonly string[] {
    const topology = {
      machines: { near: { role: "host" }, far: { role: "host" }, soc: { role: "endpoint" } },
      links: { north: { host: "near", endpoint: "soc" }, south: { host: "far", endpoint: "soc" } },
    };
    const text = stringify({
      ...{ name: "x", title: "x", topology, steps },
      ...{ function: fn("pci_epf_vntb"), functions: { second: fn(second) } },
      checks: [{ check: "console-clean", id: "c", title: "c" }],
    });
    const [plan] = makePlan(parseScenario(text, "x.yaml", vocabulary)).variants;
    if (!plan) throw new Error("no variant");
    return needsOf(plan).soc ?? [];
  }

  const first = { do: "configure-function", link: "north" };
  const second = { do: "configure-function", link: "south", function: "second" };

  test("is needed where a machine has two, and for nothing less", () => {
    expect(needsOfSoc([first, second])).toContain("several-vntbs");
    expect(needsOfSoc([first])).not.toContain("several-vntbs");
    expect(needsOfSoc([first, second], "pci_epf_test")).not.toContain("several-vntbs");
  });

  test("is not needed where one goes before the other comes, is only made, or has to be refused", () => {
    const gone = { do: "remove-function", link: "north" };
    const made = { ...second, until: "made" };
    const refused = { ...second, refused: "already registered" };
    for (const steps of [
      [first, gone, second],
      [first, made],
      [first, refused],
    ]) {
      expect(needsOfSoc(steps)).not.toContain("several-vntbs");
    }
  });
});
