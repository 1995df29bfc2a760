// SPDX-License-Identifier: MIT
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readHistory } from "../../report/history.ts";
import { type Merged, merge } from "../../report/merge.ts";
import { writeMerged } from "../../report/merged-files.ts";
import { type ShardPlan, shardFile } from "../../report/shard.ts";
import { duration } from "../../report/summary.ts";
import { type PlanOptions, readPlan } from "../read-plan.ts";
import { type RunSettings, runOnTerminal } from "./run-on-terminal.ts";
import type { Shard } from "./shard.ts";

/** A scenario to be run, and the command that runs it alone. */
export interface Chosen {
  readonly name: string;
  readonly file: string;
  readonly reproduce: string;
}

export interface Several {
  readonly chosen: readonly Chosen[];
  /** What is laid over each scenario. */
  readonly over: PlanOptions;
  readonly out: string;
  readonly settings: RunSettings;
  readonly shard: Shard;
  readonly label: string;
  /** Scenarios that these kernels are expected not to run: any other skip is one that was to run. Absent, none is looked at. */
  readonly expectedSkips?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** Runs scenarios one after the other, each with its files in a directory of its name, and reports on all of them in `out`. */
export async function runSeveral(request: Several): Promise<number> {
  const { chosen, over, out, settings, shard, label, expectedSkips, signal } = request;
  // Every mistake in a scenario is told before the first one runs.
  const plans = chosen.map((one) => ({ ...one, plan: readPlan(one.file, over) }));
  const intent: ShardPlan = {
    schema: 1,
    ...{ label, shard },
    scenarios: plans.map(({ plan }) => plan.scenario),
    ...(expectedSkips === undefined ? {} : { expectedSkips: [...expectedSkips] }),
  };
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, shardFile), `${JSON.stringify(intent, null, 2)}\n`);
  // A result that an earlier command left must not stand for a run that leaves none.
  for (const { plan } of plans) rmSync(join(out, plan.scenario, "result.json"), { force: true });
  const history = settings.history === undefined ? [] : await readHistory(settings.history);
  for (const [index, { name, plan, reproduce }] of plans.entries()) {
    if (signal.aborted) break;
    process.stdout.write(`\n== ${index + 1} of ${plans.length}: ${name}\n`);
    await runOnTerminal(plan, join(out, plan.scenario), { ...settings, reproduce }, signal);
  }
  const merged = await merge([out], { onePart: shard.count > 1 });
  await writeMerged(merged, out, history);
  process.stdout.write(closing(merged, out));
  return merged.exitStatus;
}

function closing({ runs, missing, news, exitStatus }: Merged, out: string): string {
  const width = Math.max(...runs.map(({ result }) => result.scenario.length), 0);
  const rows = runs.map(
    ({ result }) =>
      `  ${result.verdict.toUpperCase().padEnd(5)}  ${result.scenario.padEnd(width)}  ${duration(result.durationMs)}`,
  );
  const gone = [
    ...missing.map((text) => `  missing: ${text}`),
    ...news.map((text) => `  news: ${text}`),
  ];
  return `\n${[...rows, ...gone, `exit status ${exitStatus}`, `report: ${out}/report.html`].join("\n")}\n`;
}
