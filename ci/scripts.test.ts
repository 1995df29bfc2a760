// SPDX-License-Identifier: MIT
//
// What the workflows run, run here: the same commands, in a directory as the jobs have it, on recorded results.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { readPlan } from "../orchestrator/cli/read-plan.ts";
import { readHistory } from "../orchestrator/report/history.ts";
import type { RunResult } from "../orchestrator/report/result.ts";
import { failingRun, passingRun } from "../orchestrator/report/testing/samples.ts";
import { listScenarios } from "../orchestrator/scenario/catalogue.ts";
import { updateIssue } from "./night-issue.mjs";

const project = resolve(import.meta.dirname, "..");
const scenarios = listScenarios(join(project, "scenarios"));
// Each command is npm, and Node.js twice.
vi.setConfig({ testTimeout: 60_000 });
let workspace: string;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), "workspace-"));
  for (const name of ["orchestrator", "scenarios", "ci", "package.json", "ntb-edma-lab"]) {
    symlinkSync(join(project, name), join(workspace, name));
  }
});
afterEach(() => rmSync(workspace, { recursive: true }));

/** The command of a job's step in a workflow. */
function commandOf(job: string, name: string, workflow = "nightly.yml"): string {
  const schema = z.object({
    jobs: z.record(
      z.string(),
      z.object({
        steps: z.array(z.object({ name: z.string().optional(), run: z.string().optional() })),
      }),
    ),
  });
  const { jobs } = schema.parse(
    parse(readFileSync(join(project, ".github/workflows", workflow), "utf8")),
  );
  const run = jobs[job]?.steps.find((step) => step.name === name)?.run;
  if (run === undefined) throw new Error(`no step "${name}" with a command in the job ${job}`);
  return run;
}

function sh(command: string, env: Record<string, string> = {}) {
  return execa("bash", ["-c", command], { cwd: workspace, env, reject: false, all: true });
}

/** What actions/download-artifact leaves of one part of the night. */
function part(index: number, count: number, results: readonly RunResult[]): void {
  const directory = join(workspace, "night", `shard-ubuntu-24.04-pinned-${index}`);
  mkdirSync(directory, { recursive: true });
  const plan = {
    ...{ schema: 1, label: "pinned", shard: { index, count } },
    scenarios: results.map(({ scenario }) => scenario),
  };
  writeFileSync(join(directory, "shard.json"), JSON.stringify(plan));
  for (const result of results) {
    mkdirSync(join(directory, result.scenario));
    writeFileSync(join(directory, result.scenario, "result.json"), JSON.stringify(result));
  }
}

describe("the night's report", () => {
  const command = commandOf("report", "One report of all parts");
  const file = (name: string) => readFileSync(join(workspace, name), "utf8");
  const summary = () => ({ GITHUB_STEP_SUMMARY: join(workspace, "step-summary.md") });

  test("of parts that passed is 0, with summary, history and all files", async () => {
    part(1, 2, [passingRun()]);
    part(2, 2, [passingRun({ scenario: "smoke" })]);
    const { exitCode, all } = await sh(command, summary());
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    expect(file("step-summary.md")).toContain("## 2 of 2 scenarios passed");
    for (const name of ["report.html", "junit.xml", "summary.md", "merged.json"]) {
      expect(existsSync(join(workspace, "night", name))).toBe(true);
    }
    expect(existsSync(join(workspace, "night/issue.json"))).toBe(false);
    const history = await readHistory(join(workspace, "history/history.jsonl"));
    expect(history.map(({ scenario }) => scenario)).toEqual(["remote-edma", "smoke"]);
  });

  test("of a failure is 1, annotated at the check in the scenario file", async () => {
    const failed = failingRun();
    const checks = failed.checks.map((check) =>
      check.id === "check-1" ? { ...check, id: "edma-ping" } : check,
    );
    part(1, 1, [{ ...failed, checks }]);
    const { exitCode, stdout } = await sh(command, summary());
    expect(exitCode).toBe(1);
    const line = file("scenarios/remote-edma.yaml").split("\n").indexOf("  - id: edma-ping") + 1;
    expect(line).toBeGreaterThan(1);
    expect(stdout).toContain(
      `::error file=scenarios/remote-edma.yaml,line=${line},title=remote-edma (pinned)%3A edma-ping::`,
    );
    expect(JSON.parse(file("night/issue.json"))).toMatchObject({ title: "Nightly: remote-edma" });
    expect(file("step-summary.md")).toContain("## 0 of 1 scenarios passed");
  });

  test("of a part that left nothing is 125, and says which", async () => {
    part(1, 2, [passingRun()]);
    const { exitCode, stdout } = await sh(command, summary());
    expect(exitCode).toBe(125);
    expect(stdout).toContain("missing: shard 2/2 of pinned left nothing");
  });

  test("of a night without any artifact is 125 and still leaves an issue to open", async () => {
    const { exitCode } = await sh(command, summary());
    expect(exitCode).toBe(125);
    expect(JSON.parse(file("night/issue.json"))).toMatchObject({
      title: "Nightly: results are missing",
    });
  });
});

describe("a part of the scenarios", () => {
  const command = commandOf("scenarios", "Run this part of the scenarios");

  test("all parts together have every scenario once", async () => {
    const machines = (text: string) => text.match(/^# endpoint VM$/gm)?.length ?? 0;
    let sum = 0;
    for (const index of [1, 2]) {
      const env = { SHARD: `${index}/2`, LABEL: "pinned", FLAGS: "--dry-run" };
      const { exitCode, stdout } = await sh(command, env);
      expect(exitCode).toBe(0);
      expect(machines(stdout)).toBeGreaterThan(0);
      sum += machines(stdout);
    }
    const variants = scenarios.map(({ file }) => readPlan(file).variants.length);
    expect(sum).toBe(variants.reduce((all, count) => all + count));
  });

  test("a part that is none is refused with 2", async () => {
    expect((await sh(command, { SHARD: "4/3" })).exitCode).toBe(2);
    expect((await sh(command)).exitCode).toBe(2);
  });
});

test("the smoke test of the night is a command that the lab understands", async () => {
  const command = commandOf("provision", "Provision and smoke-test");
  const { exitCode, stdout } = await sh(`${command} --dry-run`);
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain("# endpoint VM");
});

test("the fuzzers' time is what the lab understands", async () => {
  const command = commandOf("test", "Fuzz the devices for a bounded time", "ci.yml");
  expect((await sh(`${command} --help`)).exitCode).toBe(0);
  expect((await sh(`${command.replace("60", "x")}`)).exitCode).toBe(2);
});

describe("the issue", () => {
  const context = {
    repo: { owner: "o", repo: "r" },
    runId: 7,
    serverUrl: "https://x",
    sha: "0123456789abcdef",
  };

  /** A GitHub that has these open issues and remembers what it is asked. */
  function github(open: readonly object[]) {
    const calls: [string, Record<string, unknown>][] = [];
    const call = (name: string, data: unknown) => async (args: Record<string, unknown>) => {
      calls.push([name, args]);
      return { data };
    };
    const issues = {
      listForRepo: call("list", open),
      create: call("create", { number: 1 }),
      update: call("update", {}),
      createComment: call("comment", {}),
    };
    return { calls, github: { rest: { issues } } };
  }
  const file = () => join(workspace, "issue.json");
  const core = { info: () => {} };

  test("is opened for the first failing night", async () => {
    writeFileSync(
      file(),
      JSON.stringify({ title: "Nightly: a", body: "why", fingerprints: ["f1"] }),
    );
    const { calls, ...rest } = github([]);
    await updateIssue({ ...rest, context, core, file: file() });
    expect(calls.map(([name]) => name)).toEqual(["list", "create"]);
    expect(calls[0]?.[1]).toMatchObject({ state: "open", labels: "nightly-failure" });
    expect(calls[1]?.[1]).toMatchObject({ title: "Nightly: a", labels: ["nightly-failure"] });
    expect(calls[1]?.[1].body).toMatch(
      /https:\/\/x\/o\/r\/actions\/runs\/7[\s\S]*why[\s\S]*fingerprints: f1 -->/,
    );
  });

  test.each([
    ["in the same way", "f1", "Still failing in the same way"],
    ["in another way", "f0", "Failing in another way"],
  ])("is brought up to date by a night that fails %s", async (_what, before, comment) => {
    writeFileSync(
      file(),
      JSON.stringify({ title: "Nightly: a", body: "why", fingerprints: ["f1"] }),
    );
    const open = { number: 5, body: `x <!-- fingerprints: ${before} -->` };
    const { calls, ...rest } = github([open]);
    await updateIssue({ ...rest, context, core, file: file() });
    expect(calls.map(([name]) => name)).toEqual(["list", "update", "comment"]);
    expect(calls[2]?.[1]).toMatchObject({
      issue_number: 5,
      body: expect.stringContaining(comment),
    });
  });

  test("is opened for a night without a report, too", async () => {
    const { calls, ...rest } = github([]);
    await updateIssue({ ...rest, context, core, file: join(workspace, "absent.json") });
    expect(calls[1]?.[1]).toMatchObject({ title: "Nightly: no report" });
  });
});
