// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Artifacts } from "../../artifacts.ts";
import { InfrastructureError, UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import type { Plan } from "../../scenario/plan.ts";
import { readPlan } from "../read-plan.ts";
import { provisionBy, provisionFirst } from "./provision-first.ts";
import { plainSettings } from "./testing/terminal-settings.ts";

const plan = (scenario: string, configFragments: string[] = [], programs: string[] = []) =>
  ({ scenario, configFragments, programs }) as unknown as Plan;
const artifacts = {} as Artifacts;
const options = () => ({ signal: new AbortController().signal, progress: () => {} });

test("what several plans boot is made once, and all of it before the first of them has it", async () => {
  const made: string[] = [];
  const given = options();
  const plans = [
    plan("smoke"),
    plan("drive", ["nvme", "checks"], ["fio"]),
    plan("link-down"),
    plan("other-drive", ["checks", "nvme"], ["fio"]),
    plan("checked", ["checks"]),
  ];
  const provision = await provisionFirst(
    plans,
    async ({ scenario }, has) => {
      expect(has).toEqual(given);
      made.push(scenario);
      return artifacts;
    },
    given,
  );
  expect(made).toEqual(["smoke", "drive", "checked"]);
  expect(await provision(plan("link-down"), given)).toBe(artifacts);
  expect(made.at(-1)).toBe("link-down");
});

test("what could not be made is told to each that wants it, and is not tried again; others have theirs", async () => {
  const error = new InfrastructureError("the compiler is gone");
  const made: string[] = [];
  const plans = [plan("drive", ["nvme"]), plan("smoke"), plan("other-drive", ["nvme"])];
  const provision = await provisionFirst(
    plans,
    async ({ scenario, configFragments }) => {
      made.push(scenario);
      if (configFragments.includes("nvme")) throw error;
      return artifacts;
    },
    options(),
  );
  await expect(provision(plan("other-drive", ["nvme"]), options())).rejects.toBe(error);
  expect(await provision(plan("smoke"), options())).toBe(artifacts);
  expect(made).toEqual(["drive", "smoke", "smoke"]);
});

test("who ends it has nothing more made, and that is no failure of what was being made", async () => {
  const cancel = new AbortController();
  const made: string[] = [];
  const make = async ({ scenario }: Plan, { signal }: { signal: AbortSignal }) => {
    made.push(scenario);
    cancel.abort(new Error("interrupted"));
    signal.throwIfAborted();
    return artifacts;
  };
  const plans = [plan("smoke"), plan("drive", ["nvme"])];
  const provision = await provisionFirst(plans, make, { ...options(), signal: cancel.signal });
  expect(made).toEqual(["smoke"]);
  expect(await provision(plan("smoke"), options())).toBe(artifacts);
});

test("what a person chose is had for what a plan wants; nothing is built for who wants that", async () => {
  const cache = mkdtempSync(join(tmpdir(), "provision-first-test-"));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  vi.stubEnv("XDG_CACHE_HOME", cache);
  onTestFinished(() => void vi.unstubAllEnvs());
  const smoke = readPlan(join(scenarioDirectory, "smoke.yaml"));
  const make = provisionBy({ ...plainSettings, build: false });
  await expect(make(smoke, options())).rejects.toThrow(
    `not all that is to run is in ${join(cache, "ntb-edma-lab")}, and nothing is to be built`,
  );
  // One that is not there is missed before anything else is looked at.
  const qemu = { kind: "own", path: join(cache, "no-qemu") } as const;
  await expect(provisionBy({ ...plainSettings, qemu })(smoke, options())).rejects.toThrow(
    UsageError,
  );
});
