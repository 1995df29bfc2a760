// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { vocabulary } from "../run/read-plan.ts";
import { ScenarioError } from "./diagnostics.ts";
import { parseScenario } from "./load.ts";

const machines = (soc: object = {}) => ({
  machines: {
    near: { role: "host" },
    far: { role: "host" },
    soc: { role: "endpoint", ...soc },
  },
  links: { north: { host: "near", endpoint: "soc" }, south: { host: "far", endpoint: "soc" } },
});
const joined = machines({ "joins-hosts": true });

const endpoints = {
  machines: {
    host: { role: "host" },
    left: { role: "endpoint" },
    right: { role: "endpoint" },
  },
  links: { west: { host: "host", endpoint: "left" }, east: { host: "host", endpoint: "right" } },
};

/** What is told of functions of this driver that these steps move. */
function told(driver: string, topology: object, ...steps: object[]): string[] {
  const fn = { driver, vendor: 1, device: 1 };
  const fields = {
    ...{ name: "x", title: "x", topology, function: fn, functions: { second: fn } },
    ...{ steps, checks: [{ check: "console-clean", id: "c", title: "c" }] },
  };
  try {
    parseScenario(stringify(fields), "x.yaml", vocabulary);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message.split("\n").map((line) => line.replace(/^x\.yaml:\d+:\d+: /, ""));
  }
}

const configure = (link: string, more: object = {}) => ({
  do: "configure-function",
  link,
  ...more,
});

test("two virtual NTBs on a machine are for the kernel to refuse, two of other drivers fine", () => {
  const second = configure("south", { function: "second" });
  expect(told("pci_epf_vntb", machines(), configure("north"), second)).toEqual([]);
  expect(told("pci_epf_vntb", endpoints, configure("west"), configure("east"))).toEqual([]);
  expect(told("pci_epf_test", machines(), configure("north"), second)).toEqual([]);
});

test("a function is bound at one link of a machine", () => {
  expect(told("pci_epf_test", machines(), configure("north"), configure("south"))).toEqual([
    'steps[1].do: steps[0] binds this function at the link north already, and "soc" has it once; expected another one of "functions" at the link south.',
  ]);
  expect(told("pci_epf_ntb", joined, configure("north"), configure("south"))).toEqual([
    'steps[1].do: steps[0] binds this function to both controllers of "soc"; expected this step left away.',
  ]);
  const parts = [configure("north", { until: "bound" }), configure("north")];
  expect(told("pci_epf_test", machines(), ...parts)).toEqual([]);
});

test("a function of one controller does not join hosts, and one of two is none without both", () => {
  expect(told("pci_epf_vntb", joined, configure("north"))).toEqual([
    'steps[0].do: a function of pci_epf_vntb has one controller, and "soc" joins its hosts by one of two; expected "driver: pci_epf_ntb", or "joins-hosts" of "soc" left away.',
  ]);
  expect(told("pci_epf_ntb", machines(), configure("north"))).toEqual([
    'steps[0].do: a function of pci_epf_ntb has two controllers, and is none before it has both; expected "joins-hosts: true" of "soc", with a link to each of two hosts.',
  ]);
  expect(told("pci_epf_ntb", joined, configure("north"))).toEqual([]);
  expect(told("pci_epf_mine", joined, configure("north"))).toEqual([]);
});

test("what names nothing that is there is told once, where it is", () => {
  expect(told("pci_epf_vntb", machines(), configure("noth"))).toEqual([
    expect.stringMatching(/^steps\[0\]\.link: no link is named "noth"/),
  ]);
  expect(told("pci_epf_vntb", machines(), configure("north", { function: "thrid" }))).toEqual([
    expect.stringMatching(/^steps\[0\]\.function: no function is named "thrid"/),
  ]);
});
