// SPDX-License-Identifier: MIT
import { basename, join, resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { callerDirectory, projectDirectory } from "../../project.ts";
import { type PlanOptions, readPlan } from "../../run/read-plan.ts";
import { requireVirtualTime } from "../../run/seeds.ts";
import type { RunSettings, runOnTerminal } from "../../run/several/run-on-terminal.ts";
import type { Chosen } from "../../run/several/several.ts";
import { parseShard } from "../../run/several/shard.ts";
import type { Plan } from "../../scenario/plan.ts";
import { stamp } from "../../stamp.ts";
import { count } from "../flags/flags.ts";
import { runSettings } from "../flags/run-settings.ts";
import { chooseScenarios, fileOf } from "../flags/scenario-choice.ts";
import { planOptions, type ScenarioValues } from "../flags/scenario-flags.ts";

/** Runs the scenarios that a command line means and resolves with the exit status. */
export async function runScenarios(
  names: readonly string[],
  values: ScenarioValues,
): Promise<number> {
  if (values.all && names.length > 0) {
    throw new UsageError(`expected scenarios or --all, got both: ${names.join(" ")}`);
  }
  const several = values.all || values["last-failed"] || values.shard !== undefined;
  if (names.length === 0 && !several) {
    throw new UsageError('expected a scenario after "scenario run"; "scenario list" lists them');
  }
  const history = resolve(
    callerDirectory(),
    values.history ?? join(projectDirectory, "runs", "history.jsonl"),
  );
  const shard = parseShard(values.shard ?? "1/1");
  const settings = remembering(await runSettings(values, history), values);
  const chosen = await chooseScenarios(names, values, { shard, history });
  const skips = values["expect-skips"]?.split(",").filter((name) => name !== "");
  const expectedSkips = skips?.map((name) => basename(fileOf(name).file, ".yaml"));
  const over = planOptions(values);
  const jobs = jobsAsked(values);
  if (values["dry-run"]) return printDryRuns(chosen, over, settings);
  if (chosen.length === 0 && values["last-failed"]) {
    process.stdout.write("Of these scenarios none failed in its last run.\n");
    return 0;
  }
  const { newDirectory } = await import("../../run/several/run-directory.ts");
  // Made only when nothing is wrong with what was asked for.
  const outOf = (scenario: string) => () =>
    values.out === undefined
      ? newDirectory(resolve(callerDirectory(), `runs/${scenario}-${stamp()}`))
      : resolve(callerDirectory(), values.out);
  const { cancellable } = await import("../../run/cancellation.ts");
  const [only] = chosen;
  if (names.length === 1 && !several && only) {
    if (jobs !== undefined && jobs > 1 && settings.repeat === 1) {
      throw new UsageError(
        `--jobs ${jobs} makes several runs at a time: expected more than one scenario, or --repeat`,
      );
    }
    const plan = readPlan(only.file, over);
    if (settings.seeds) requireVirtualTime(plan);
    const { reproduce } = only;
    const out = outOf(plan.scenario);
    if (values.keep) return runAndKeep(plan, out, { ...settings, reproduce });
    const { runOnTerminal } = await import("../../run/several/run-on-terminal.ts");
    const { besideItself } = await import("../../run/several/several.ts");
    return cancellable(async (signal) => {
      const beside = await besideItself(plan, settings, { jobs, signal });
      return runOnTerminal(plan, out(), { ...settings, reproduce }, signal, beside);
    });
  }
  if (values.keep) {
    throw new UsageError("--keep keeps the VMs of one run: expected the name of one scenario");
  }
  const { runSeveral } = await import("../../run/several/several.ts");
  const out = outOf("scenarios");
  const label = values.label ?? "";
  // Of all scenarios, some are not for these kernels; who names one must know.
  const wanted = { ...settings, skipUnmetNeeds: several };
  return cancellable((signal) =>
    runSeveral({ chosen, over, out, settings: wanted, shard, label, expectedSkips, jobs, signal }),
  );
}

/** A run of some variants would stand for one of all in the history. */
function remembering(settings: RunSettings, { variant }: ScenarioValues): RunSettings {
  if (variant === undefined) return settings;
  const { history: _, ...others } = settings;
  return others;
}

/** A person can be at one guest at a time. */
function jobsAsked({ jobs, gdb }: ScenarioValues): number | undefined {
  const asked = jobs === undefined ? undefined : count("jobs", jobs);
  if (gdb === undefined) return asked;
  if (asked !== undefined && asked > 1) {
    throw new UsageError(`--gdb waits for a person at one guest: leave --jobs ${asked} away`);
  }
  return 1;
}

async function runAndKeep(
  plan: Plan,
  out: () => string,
  settings: Parameters<typeof runOnTerminal>[2],
): Promise<number> {
  const { keeping, inKeeper, startKeeper } = await import("../vms/vm-keeper.ts");
  if (!inKeeper()) return startKeeper();
  const { runInDirectory } = await import("../../run/several/run-on-terminal.ts");
  const { inOwnDirectory } = await import("../../run/several/run-directory.ts");
  const directory = out();
  // The VMs that stay write there as long as they are up.
  return inOwnDirectory(directory, () =>
    keeping(plan.scenario, (signal, keep) =>
      runInDirectory(plan, directory, { ...settings, keep }, signal),
    ),
  );
}

async function printDryRuns(
  chosen: readonly Chosen[],
  over: PlanOptions,
  { kernels, seeds }: Pick<RunSettings, "kernels" | "seeds">,
): Promise<number> {
  const { dryRun } = await import("./dry-run.ts");
  for (const { file } of chosen) {
    const plan = readPlan(file, over);
    if (seeds) requireVirtualTime(plan);
    process.stdout.write(dryRun(plan, { debugKernel: kernels.host.debug, seeds }));
  }
  return 0;
}
