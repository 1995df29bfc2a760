// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { kernelChoices } from "../../cli/flags/kernel-flags.ts";
import { fileOf } from "../../cli/flags/scenario-choice.ts";
import { noInspection } from "../../lab/inspection.ts";
import { pinnedQemu } from "../../provision/qemu/choice.ts";
import { passingRun } from "../../report/testing/samples.ts";
import { runSeveral, type Several } from "./several.ts";

function request(out: string, ...names: string[]): Several {
  return {
    chosen: names.map((name) => ({ ...fileOf(name), reproduce: `npm run scenario ${name}` })),
    ...{ over: {}, out: () => out, shard: { index: 1, count: 1 }, label: "" },
    settings: {
      ...{ timeoutScale: 1, accelerator: "tcg", repeat: 1, retries: 0, failOnFlaky: false },
      ...{ kernels: kernelChoices({}), qemu: pinnedQemu, inspection: noInspection },
    },
    signal: AbortSignal.abort(),
  };
}

test("a result that an earlier command left does not stand for a run that was not made", async () => {
  const out = mkdtempSync(join(tmpdir(), "several-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  mkdirSync(join(out, "smoke"));
  const left = JSON.stringify(passingRun({ scenario: "smoke" }));
  writeFileSync(join(out, "smoke/result.json"), left);
  const said = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  onTestFinished(() => said.mockRestore());
  expect(await runSeveral(request(out, "smoke"))).toBe(125);
});

test("nothing is run, or made, of a scenario named twice, or of more at a time than the memory holds", async () => {
  const out = join(tmpdir(), "several-test-never-made");
  await expect(runSeveral(request(out, "smoke", "faults", "smoke"))).rejects.toThrow(
    "expected each scenario once, got smoke 2 times (smoke, smoke); --repeat runs one several times",
  );
  const over = { set: ["topology.host.memory=900G"] };
  const large = { ...request(out, "smoke", "power-loss"), over, jobs: 2 };
  await expect(runSeveral(large)).rejects.toThrow("--jobs 2 does not fit into the memory");
  expect(existsSync(out)).toBe(false);
});
