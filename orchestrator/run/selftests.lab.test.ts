// SPDX-License-Identifier: MIT
//
// Real runs of the kernel's own test programs, the shortest variants of their scenarios.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { scenarioDirectory } from "../project.ts";
import type { Plan } from "../scenario/plan.ts";
import { functionOf } from "../scenario/plan.ts";
import { readPlan } from "./read-plan.ts";
import { runInLab } from "./testing/run-in-lab.ts";

const artifacts = inject("artifacts");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "run-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function run(plan: Plan) {
  return runInLab(plan, directory, artifacts);
}

/** A scenario's plan with one of its variants only. */
function only(scenario: string, variant: string): Plan {
  const plan = readPlan(join(scenarioDirectory, `${scenario}.yaml`));
  return { ...plan, variants: plan.variants.filter((candidate) => candidate.variant === variant) };
}

describe("the kernel's own tests", () => {
  test.each(["memcpy-engine", "three-64-bit"])("of endpoint controllers pass: %s", async (name) => {
    const result = await run(only("pci-endpoint-selftest", name));
    const failed = result.checks.filter((check) => check.status === "fail");
    expect({ failure: result.failure, failed }).toEqual({ failure: undefined, failed: [] });
    expect(result.exitStatus).toBe(0);
    expect(result.checks.filter((check) => check.status === "pass").length).toBeGreaterThan(12);
    expect(result.checks.every((check) => check.status === "pass" || check.reason !== "")).toBe(
      true,
    );
  });

  test("fail with their own words when the function is not as they want it", async () => {
    const plan = only("pci-endpoint-selftest", "memcpy-engine");
    const [variant] = plan.variants;
    if (!variant) throw new Error("no such variant");
    // The test asks for 32 vectors, one after the other.
    const fn = { ...functionOf(variant), "msi-interrupts": 2 };
    const result = await run({ ...plan, variants: [{ ...variant, function: fn }] });
    expect(result).toMatchObject({ verdict: "fail", exitStatus: 1 });
    expect(result.checks.filter((check) => check.status === "fail")).toMatchObject([
      {
        id: "memcpy-engine.pci_ep_basic.MSI_TEST",
        reason: "no skip rule allows it to skip: MSI3 is disabled",
      },
    ]);
  });
});
