// SPDX-License-Identifier: MIT
//
// Every machine compiles what every kernel has: a module that no scenario loads is not in there.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dryRun } from "../../orchestrator/cli/scenario/dry-run.ts";
import { baseFragment } from "../../orchestrator/config-fragments.ts";
import { scenarioDirectory } from "../../orchestrator/project.ts";
import { parseFragment } from "../../orchestrator/provision/kernel/kernel-config.ts";
import { needsOf } from "../../orchestrator/run/needs.ts";
import { readPlan } from "../../orchestrator/run/read-plan.ts";
import { listScenarios } from "../../orchestrator/scenario/catalogue.ts";

/** By what scenarios speak of a module where it is not by the symbol's name: its own, or a test that loads it. */
const names: Readonly<Record<string, string>> = {
  CONFIG_NTB_EPF: "ntb_hw_epf",
  CONFIG_NTB_TOOL: "ntb_test.sh",
  CONFIG_NTB_PINGPONG: "ntb_test.sh",
  CONFIG_NTB_PERF: "ntb_test.sh",
};

/** Modules that nobody loads, and what they are there for. */
const unloaded: Readonly<Record<string, string>> = {
  CONFIG_GPIO_SIM: "brings IRQ_SIM, which cannot be asked for alone",
};

/** All that a scenario needs and does in its guests. */
function textOf(file: string): string {
  const plan = readPlan(file);
  const needs = plan.variants.flatMap((variant) => Object.values(needsOf(variant)).flat());
  return [...needs, dryRun(plan)].join("\n");
}

const used = listScenarios(scenarioDirectory)
  .map(({ file }) => textOf(file))
  .join("\n");

/** Symbols of modules that no scenario speaks of. */
function unused(fragment: string): string[] {
  return parseFragment("a fragment", fragment).flatMap(({ symbol, value }) => {
    const name = names[symbol] ?? symbol.replace(/^CONFIG_/, "").toLowerCase();
    const named = new RegExp(`(?<![a-z0-9_])${name.replaceAll("_", "[-_]")}(?![a-z0-9_])`);
    return value !== "m" || named.test(used) ? [] : symbol;
  });
}

test("each module of base.config is loaded by a scenario, or it is said what it is there for", () => {
  expect(unused(readFileSync(baseFragment, "utf8"))).toEqual(Object.keys(unloaded));
});

test("a module that none loads is told", () => {
  expect(unused("CONFIG_DMATEST=m\nCONFIG_NTB_PERF=m\n")).toEqual(["CONFIG_DMATEST"]);
});
