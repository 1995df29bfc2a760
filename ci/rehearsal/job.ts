// SPDX-License-Identifier: MIT
//
// One job: an empty workspace and an empty home, and the steps of the workflow in order.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type ActionJob, runAction } from "./actions.ts";
import { asText, type Contexts, holds, interpolated, type Situation } from "./expression.ts";
import type { Combination } from "./matrix.ts";
import type { Run } from "./run.ts";
import { runShell } from "./shell.ts";
import { emptyMachine, type Site } from "./site.ts";
import type { Workflow, WorkflowJob } from "./workflow.ts";

export type Outcome = "success" | "failure" | "skipped";

export interface JobResult {
  readonly result: Outcome;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface JobRequest {
  readonly site: Site;
  readonly run: Run;
  readonly workflow: Workflow;
  readonly job: WorkflowJob;
  readonly combination: Combination;
  readonly needs: Readonly<Record<string, JobResult>>;
  /** Number of the machine that it has for itself. */
  readonly machine: number;
  /** Everything that its steps print goes there. */
  readonly log: string;
}

export interface JobEnd extends JobResult {
  /** What a person should know of its steps, a line each. */
  readonly notes: readonly string[];
}

/** This machine's way to the network, which a job needs as GitHub's machines have theirs. */
const passedOn = /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|(?:https?|no|all)_proxy)$/i;

/** What contexts a workflow's and a job's own expressions have, as far as they have nothing to do with steps. */
export function contextsOf({
  site,
  run,
  needs,
}: Pick<JobRequest, "site" | "run" | "needs">): Contexts {
  return {
    github: {
      ...{ event_name: run.event, ref: "refs/heads/main", ref_name: "main", sha: "0".repeat(40) },
      ...{ run_id: String(run.number), run_attempt: "1", repository: "here/rehearsal" },
      ...{ token: site.github.token, actor: "rehearsal" },
    },
    runner: { os: "Linux", arch: process.arch === "arm64" ? "ARM64" : "X64" },
    inputs: run.inputs,
    needs,
  };
}

export async function runJob(request: JobRequest): Promise<JobEnd> {
  const { site, run, job, workflow, combination, needs } = request;
  const { workspace, home, temporary } = await emptyMachine(site, request.machine);
  const files = {
    GITHUB_ENV: join(temporary, "env"),
    GITHUB_OUTPUT: join(temporary, "output"),
    GITHUB_STEP_SUMMARY: `${request.log}.summary.md`,
  };
  const steps: Record<
    string,
    { outputs: Record<string, string>; outcome: Outcome; conclusion: Outcome }
  > = {};
  const fromSteps: Record<string, string> = {};
  const notes: string[] = [];
  const atEnd: (() => Promise<string>)[] = [];
  let failed = false;

  const situation = (env: Readonly<Record<string, string>>): Situation => ({
    contexts: { ...contextsOf({ site, run, needs }), matrix: combination, steps, env },
    failed,
  });
  const texts = (given: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(given).map(([name, text]) => [
        name,
        asText(interpolated(text, situation(env))),
      ]),
    );
  const machine = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))),
    PATH: (process.env.PATH ?? "")
      .split(":")
      .filter((path) => !path.includes("node_modules"))
      .join(":"),
    ...{ HOME: home, CI: "true", GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: workspace },
    ...{
      GITHUB_REPOSITORY: "here/rehearsal",
      GITHUB_RUN_ID: String(run.number),
      GITHUB_SHA: "0".repeat(40),
    },
    ...{ GITHUB_SERVER_URL: "https://github.invalid", GITHUB_API_URL: site.github.url },
    ...files,
  };
  const ofJob = { ...texts(workflow.env, {}), ...texts(job.env, {}) };
  const actionJob: ActionJob = {
    ...{ site, run, workspace, atEnd },
    zstd:
      job.container === undefined ||
      job.steps.some(({ run: line = "" }) => /install\b.*\bzstd\b/.test(line)),
    cacheHome: () => fromSteps.XDG_CACHE_HOME ?? join(home, ".cache"),
  };

  for (const [index, step] of job.steps.entries()) {
    const env = { ...ofJob, ...fromSteps };
    const name = step.name ?? step.uses?.replace(/@.*/, "") ?? `step ${index + 1}`;
    const id = step.id ?? `__${index}`;
    if (!holds(step.if, situation(env))) {
      steps[id] = { outputs: {}, outcome: "skipped", conclusion: "skipped" };
      continue;
    }
    for (const file of [files.GITHUB_ENV, files.GITHUB_OUTPUT]) writeFileSync(file, "");
    await appendFile(request.log, `\n### ${name}\n`);
    const given = texts(step.with, env);
    const ofStep = { ...env, ...texts(step.env, env) };
    let outcome: Outcome = "success";
    let outputs: Record<string, string> = {};
    try {
      if (step.uses !== undefined) {
        const done = await runAction(step.uses, given, actionJob);
        outputs = { ...done.outputs };
        await appendFile(request.log, `${done.note}\n`);
        if (done.remarkable) notes.push(done.note);
      } else {
        const line = asText(interpolated(step.run ?? "", situation(ofStep)));
        const script = join(temporary, "step.sh");
        await runCommand(line, script, { ...machine, ...ofStep }, workspace, request);
      }
      outputs = { ...outputs, ...readVariables(files.GITHUB_OUTPUT) };
      Object.assign(fromSteps, readVariables(files.GITHUB_ENV));
    } catch (error) {
      outcome = "failure";
      const told = error instanceof Error ? error.message : String(error);
      notes.push(`${name}: ${told}${step["continue-on-error"] ? " (which the job may)" : ""}`);
      await appendFile(request.log, `${told}\n`);
    }
    const forgiven = outcome === "failure" && step["continue-on-error"];
    steps[id] = { outputs, outcome, conclusion: forgiven ? "success" : outcome };
    if (outcome === "failure" && !forgiven) failed = true;
  }
  if (!failed) for (const last of atEnd) notes.push(await last());
  const outputs = texts(job.outputs, ofJob);
  return { result: failed ? "failure" : "success", outputs, notes };
}

/** Debian's own packages, into a fresh container: the machine here has them, or else is told which it lacks. */
const installs = /^(?:apt-get update && )?apt-get install -y --no-install-recommends (.*)$/;

async function runCommand(
  line: string,
  script: string,
  env: Readonly<Record<string, string>>,
  workspace: string,
  { job, log, site: { dispensable = [] } }: JobRequest,
): Promise<void> {
  const packages = installs.exec(line)?.[1];
  if (packages !== undefined) {
    const wanted = packages.split(" ").filter((name) => !dispensable.includes(name));
    if (wanted.length === 0) return;
    const words = ["--status", ...wanted];
    const { exitCode, stderr } = await execa("dpkg-query", words, { reject: false });
    if (exitCode !== 0) throw new Error(`not installed on this machine: ${stderr}`);
    return;
  }
  writeFileSync(script, line);
  const limitMs = job["timeout-minutes"] * 60_000;
  const { status, late } = await runShell(script, { cwd: workspace, env, log, limitMs });
  if (late) throw new Error(`took longer than the job's ${job["timeout-minutes"]} minutes`);
  if (status !== 0) throw new Error(`exit status ${status}`);
}

/** Lines `NAME=value`, as a step writes them into GITHUB_OUTPUT and GITHUB_ENV. */
function readVariables(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf("=");
      if (at < 1 || line.includes("<<")) throw new Error(`expected NAME=value, got ${line}`);
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
