// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { functionSchema } from "../scenario/function.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { configureFunction } from "./configure-function.ts";
import type { StepContext } from "./step-kind.ts";

const booted = "<6>[    0.0] Booting Linux\n";

/** An endpoint whose shell ends so, and whose kernel logs this meanwhile. */
function refused(wanted: string, { status = 0, stderr = "", log = "" }) {
  const logs = [booted, booted + log];
  const ssh = {
    check: async () => ({ stdout: logs.shift() }),
    run: async () => ({ status, stdout: "controllers/b000000.pcie-ep\n", stderr }),
  };
  const plan = {
    function: functionSchema.parse({ driver: "pci_epf_test", vendor: 1, device: 2 }),
    ...{ functions: {}, knownNoise: [], topology: topologySchema.parse({}) },
  };
  const lab = { vm: () => ({ ssh }), signal: new AbortController().signal };
  const context = { lab, plan, limitMs: 1000 } as unknown as StepContext;
  const params = configureFunction.schema.parse({ refused: wanted });
  return configureFunction.run({ params } as unknown as PlannedStep, context);
}

const error = "<3>[    1.0] pci_epf_test pci_epf_test.0: MSI-X configuration failed\n";

test("a refusal is one by what configfs returns, or by what the kernel says", async () => {
  const stderr = "sh: write error: Invalid argument\ncould not write 9 to start";
  expect(await refused("^could not write", { status: 1, stderr })).toMatchObject({
    refused: stderr,
  });
  expect(await refused("MSI-X .* failed$", { log: error })).toEqual({
    controller: "controllers/b000000.pcie-ep",
    driver: "pci_epf_test",
    refused: "pci_epf_test pci_epf_test.0: MSI-X configuration failed",
  });
});

test("a kernel that takes what it has to refuse, or refuses it in other words, fails the step", async () => {
  await expect(refused("busy", {})).rejects.toThrow(
    "expected the kernel to refuse it (busy), and it took all of it",
  );
  await expect(refused("busy", { log: error })).rejects.toThrow(
    "expected the kernel to refuse it by busy, got: pci_epf_test pci_epf_test.0: MSI-X",
  );
});

test("a refusal that could not be tried is none, and what was said is told without its end of line", async () => {
  await expect(refused("busy", { status: 3, stderr: "no attribute x\n" })).rejects.toThrow(
    /^expected the kernel to refuse it \(busy\), and it could not be tried: no attribute x$/,
  );
  const said = await refused("busy", { status: 1, stderr: "busy\n", log: error });
  expect(said).toMatchObject({
    ...{ controller: "", refused: expect.stringMatching(/^busy\npci_epf_test/) },
  });
});
