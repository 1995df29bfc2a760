// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { GuestError } from "../lab/errors.ts";
import type { KnownNoise } from "../scenario/known-noise.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { withoutErrors } from "./kernel-errors.ts";
import type { StepContext } from "./step-kind.ts";

const before = "<6>[    0.0] Booting Linux\n<3>[    0.5] an error of before\n";
const error = "<3>[    2.0][  T9] pci_epf_test pci_epf_test.0: MSI-X configuration failed\n";

/** Work during which the endpoint's kernel logs this. */
function during(
  log: string,
  { noise = [] as KnownNoise, msix = "off", interrupts = 0, step = "conf" } = {},
) {
  const logs = [before, before + log];
  const ssh = { check: async () => ({ stdout: logs.shift() }) };
  const lab = { vm: () => ({ ssh }), signal: new AbortController().signal };
  const main = { "msix-interrupts": interrupts };
  const topology = topologySchema.parse({ controller: { msix, "msi-doorbells": true } });
  const plan = { knownNoise: noise, topology, function: main, functions: {} };
  const context = { lab, plan, step, limitMs: 1000, progress: () => {} } as unknown as StepContext;
  return withoutErrors("endpoint", "making it", context, async () => "made");
}

test("work during which nothing is logged at error level is as it was", async () => {
  expect(await during("<4>[    2.0] a warning\n")).toBe("made");
});

test("an error ends it, with the kernel's words and what they mean in the scenario's", async () => {
  await expect(during(`${error}${error}`)).rejects.toThrow(
    "the endpoint's kernel said at error level while it was making it: pci_epf_test pci_epf_test.0: MSI-X configuration failed, " +
      "and 1 more: the controller has no MSI-X capability (topology.controller.msix is off); known-noise names what may be",
  );
  await expect(during(error, { msix: "on" })).rejects.toThrow(
    "failed: a driver that uses MSI-X wants one interrupt at least (function.msix-interrupts is 0); known-noise",
  );
  await expect(during(error, { msix: "on", interrupts: 8 })).rejects.toThrow("failed; known-noise");
});

test("what is known may be", async () => {
  const noise = [{ pattern: "MSI-X configuration failed", reason: "there is none" }];
  expect(await during(error, { noise })).toBe("made");
});

test("what is known of a step may be in that one alone", async () => {
  const noise = [{ pattern: "MSI-X configuration failed", reason: "none", during: ["conf"] }];
  expect(await during(error, { noise })).toBe("made");
  await expect(during(error, { noise, step: "again" })).rejects.toThrow(
    "MSI-X configuration failed",
  );
});

test("every error is shown; the first one is told, with a hint where one of them has one", async () => {
  const other = "<3>[    1.5] pci_epf_test: no memory\n";
  const failed = during(`${other}${error}`);
  await expect(failed).rejects.toThrow(
    /making it: pci_epf_test: no memory, and 1 more: the controller/,
  );
  const { excerpts } = (await failed.catch((reason: unknown) => reason)) as GuestError;
  expect(excerpts).toEqual([
    {
      title: "endpoint VM: errors while it was making it",
      lines: ["pci_epf_test: no memory", "pci_epf_test pci_epf_test.0: MSI-X configuration failed"],
    },
  ]);
  const alone = during(other);
  await expect(alone).rejects.toThrow(/no memory; known-noise names what may be$/);
});
