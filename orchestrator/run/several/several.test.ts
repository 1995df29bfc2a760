// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { kernelChoices } from "../../cli/flags/kernel-flags.ts";
import { fileOf } from "../../cli/flags/scenario-choice.ts";
import { noInspection } from "../../lab/inspection.ts";
import { pinnedQemu } from "../../provision/qemu/choice.ts";
import { passingRun } from "../../report/testing/samples.ts";
import { runSeveral } from "./several.ts";

test("a result that an earlier command left does not stand for a run that was not made", async () => {
  const out = mkdtempSync(join(tmpdir(), "several-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  mkdirSync(join(out, "smoke"));
  const left = JSON.stringify(passingRun({ scenario: "smoke" }));
  writeFileSync(join(out, "smoke/result.json"), left);
  const said = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  onTestFinished(() => said.mockRestore());
  const status = await runSeveral({
    chosen: [{ ...fileOf("smoke"), reproduce: "npm run scenario smoke" }],
    over: {},
    out: () => out,
    settings: {
      ...{ timeoutScale: 1, accelerator: "tcg", repeat: 1, retries: 0, failOnFlaky: false },
      ...{ kernels: kernelChoices({}), qemu: pinnedQemu, inspection: noInspection },
    },
    shard: { index: 1, count: 1 },
    label: "",
    signal: AbortSignal.abort(),
  });
  expect(status).toBe(125);
});
