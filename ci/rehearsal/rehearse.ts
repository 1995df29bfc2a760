// SPDX-License-Identifier: MIT
//
// Runs a workflow several times, as so many nights: jobs in the order of their needs, the combinations of a matrix side by
// side on a few machines, each with nothing but what caches, artifacts and outputs bring.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Artifacts } from "./artifacts.ts";
import { megabytes } from "./cache-service.ts";
import { holds, interpolated } from "./expression.ts";
import { contextsOf, type JobResult, type Outcome, runJob } from "./job.ts";
import { type Combination, combinations, nameOf } from "./matrix.ts";
import type { Run } from "./run.ts";
import type { Site } from "./site.ts";
import { inOrder, readWorkflow, type Workflow } from "./workflow.ts";

export interface Rehearsal {
  /** Name of the file in .github/workflows, without its ending. */
  readonly workflow: string;
  readonly nights: number;
  /** Of workflow_dispatch, for each night; without any, the event is what the workflow is there for. */
  readonly inputs: (night: number) => Readonly<Record<string, string>>;
  readonly tell: (line: string) => void;
  /** How many of a matrix's jobs run at the same time (default: 1). */
  readonly machines?: number;
}

export interface RehearsedJob {
  readonly night: number;
  readonly name: string;
  readonly result: Outcome;
  readonly durationMs: number;
  readonly notes: readonly string[];
  readonly log: string;
}

/** So much all caches together may take, which is half of what GitHub keeps. */
const mostBytes = 5e9;

/** All jobs of all nights. A job that fails ends nothing: the others do what the workflow says then. */
export async function rehearse(site: Site, rehearsal: Rehearsal): Promise<RehearsedJob[]> {
  const { workflow: name, nights, machines = 1, inputs, tell } = rehearsal;
  // With none nothing would run, and nothing fail.
  for (const [what, number] of Object.entries({ nights, machines })) {
    if (!Number.isInteger(number) || number < 1)
      throw new Error(`expected a whole number above 0 of ${what}, got ${number}`);
  }
  const workflow = readWorkflow(join(site.project, ".github/workflows", `${name}.yml`));
  const done: RehearsedJob[] = [];
  for (let night = 1; night <= nights; night++) {
    const given = inputs(night);
    const run: Run = {
      ...{ number: night, event: eventOf(workflow, given) },
      inputs: { ...defaults(workflow), ...given },
      artifacts: new Artifacts(join(site.directory, `artifacts-${name}-${night}`)),
    };
    tell(`${name}, run ${night} of ${nights}, ${run.event}`);
    done.push(...(await runOnce(site, workflow, run, rehearsal)));
    const { entries, bytes } = site.caches;
    tell(
      `  ${entries.length} caches, ${megabytes(bytes)}; artifacts: ${[...run.artifacts.names].join(", ")}`,
    );
  }
  if (site.caches.bytes > mostBytes) {
    throw new Error(
      `caches take ${megabytes(site.caches.bytes)}, and ${megabytes(mostBytes)} are the most`,
    );
  }
  return done;
}

async function runOnce(
  site: Site,
  workflow: Workflow,
  run: Run,
  { workflow: file, tell, machines = 1 }: Rehearsal,
): Promise<RehearsedJob[]> {
  const results: Record<string, JobResult> = {};
  const done: RehearsedJob[] = [];
  const logs = join(site.directory, "logs");
  mkdirSync(logs, { recursive: true });
  for (const name of inOrder(workflow)) {
    const job = workflow.jobs[name];
    if (job === undefined) continue;
    const needs = Object.fromEntries(job.needs.map((one) => [one, results[one] ?? noResult]));
    // A job behind one that was skipped is skipped, too, unless it says otherwise.
    const failed = Object.values(needs).some(({ result }) => result !== "success");
    const situation = { contexts: contextsOf({ site, run, needs }), failed };
    if (!holds(job.if, situation)) {
      results[name] = { result: "skipped", outputs: {} };
      tell(`  skipped  ${name}`);
      continue;
    }
    const matrix = Object.entries(job.strategy?.matrix ?? {}).map(([key, value]) => [
      key,
      typeof value === "string" ? interpolated(value, situation) : value,
    ]);
    const all: Combination[] =
      job.strategy === undefined ? [{}] : combinations(Object.fromEntries(matrix));
    const ends: JobResult[] = [];
    const ended: RehearsedJob[] = [];
    const runOne = async (combination: Combination, index: number, machine: number) => {
      const title = [name, nameOf(combination)].filter(Boolean).join(" ");
      const log = join(logs, `${file}-${run.number}-${name}-${index + 1}.log`);
      const began = performance.now();
      const request = { site, run, workflow, job, combination, needs, machine, log };
      const { result, outputs, notes } = await runJob(request);
      const durationMs = performance.now() - began;
      ends[index] = { result, outputs };
      ended[index] = { night: run.number, name: title, result, durationMs, notes, log };
      tell(`  ${result}  ${title}  ${Math.round(durationMs / 1000)} s`);
      for (const note of notes) tell(`             ${note}`);
      if (result === "failure") for (const line of endOf(log)) tell(`           | ${line}`);
    };
    const waiting = all.entries();
    const machine = async (number: number) => {
      for (const [index, combination] of waiting) await runOne(combination, index, number);
    };
    await Promise.all(Array.from({ length: machines }, (_, number) => machine(number + 1)));
    done.push(...ended);
    results[name] = {
      result: ends.every(({ result }) => result === "success") ? "success" : "failure",
      outputs: Object.assign({}, ...ends.map(({ outputs }) => outputs)),
    };
  }
  return done;
}

const noResult: JobResult = { result: "skipped", outputs: {} };

function eventOf({ on }: Workflow, inputs: Readonly<Record<string, string>>): Run["event"] {
  if (Object.keys(inputs).length > 0) return "workflow_dispatch";
  return "schedule" in on ? "schedule" : "push";
}

function defaults({ on }: Workflow): Record<string, string> {
  const inputs = Object.entries(on.workflow_dispatch?.inputs ?? {});
  return Object.fromEntries(inputs.map(([name, input]) => [name, input.default]));
}

function endOf(log: string): string[] {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-25);
}
