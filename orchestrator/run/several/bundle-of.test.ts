// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openBundle } from "../../bundle/open.ts";
import { scenarioDirectory } from "../../project.ts";
import { failingRun } from "../../report/testing/samples.ts";
import { readPlan } from "../read-plan.ts";
import { bundleOf } from "./bundle-of.ts";
import { plainSettings } from "./testing/terminal-settings.ts";

test("a run that is over is packed with its scenario, what that includes, and how it was run", async () => {
  const out = mkdtempSync(join(tmpdir(), "bundle-of-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const run = {
    plan: readPlan(join(scenarioDirectory, "smoke.yaml")),
    ...{ out, result: failingRun(), artifacts: undefined, say: () => {} },
  };
  const file = await bundleOf(run, plainSettings.kernels, ["--timeout-scale", "2"]);
  expect(file).toBe(join(out, "bundle.tar.gz"));
  mkdirSync(join(out, "unpacked"));
  const { manifest, top } = await openBundle(file, join(out, "unpacked"));
  expect(manifest.flags).toEqual(["--timeout-scale", "2"]);
  const parts = join(top, manifest.parts);
  const again = readPlan(join(top, manifest.file), { parts });
  expect(again.variants[0]?.checks).toEqual(run.plan.variants[0]?.checks);
  expect(again.files).toHaveLength(run.plan.files.length);
});
