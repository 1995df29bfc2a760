// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Artifacts } from "../../artifacts.ts";
import { scenarioDirectory } from "../../project.ts";
import { readPlan } from "../read-plan.ts";
import { withHotplug } from "./hotplug.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hotplug-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** How the host of a scenario finds the function, with a kernel that has this .config. */
async function chosen(scenario: string, config: string, set: string[] = []): Promise<string> {
  const file = join(directory, "config");
  writeFileSync(file, config);
  const [plan] = readPlan(join(scenarioDirectory, `${scenario}.yaml`), { set }).variants;
  if (!plan) throw new Error("no variant");
  const artifacts = { guests: { host: { kernel: { config: file } } } } as Artifacts;
  const { host } = (await withHotplug(plan, artifacts)).topology.machines;
  return host?.role === "host" ? host.hotplug : "";
}

const lockdep = "CONFIG_LOCKDEP=y\nCONFIG_PROVE_LOCKING=y\n";

test("a kernel that checks locks looks for the function itself", async () => {
  expect(await chosen("smoke", "# CONFIG_PROVE_LOCKING is not set\n")).toBe("pciehp");
  expect(await chosen("smoke", lockdep)).toBe("rescan");
});

test("but not where the scenario says so", async () => {
  expect(await chosen("smoke", lockdep, ["topology.host.hotplug=pciehp"])).toBe("pciehp");
});
