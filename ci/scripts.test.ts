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
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { parseFlags } from "../orchestrator/cli/flags/flags.ts";
import { kernelFlags } from "../orchestrator/cli/flags/kernel-flags.ts";
import { readHistory } from "../orchestrator/report/history.ts";
import type { RunResult } from "../orchestrator/report/result.ts";
import { failingRun, passingRun } from "../orchestrator/report/testing/samples.ts";
import { needsOf } from "../orchestrator/run/needs.ts";
import { readPlan } from "../orchestrator/run/read-plan.ts";
import { ofShard, parseShard } from "../orchestrator/run/several/shard.ts";
import { listScenarios } from "../orchestrator/scenario/catalogue.ts";
import { namesOf } from "../orchestrator/scenario/topology/graph.ts";
import { readWorkflow } from "./rehearsal/workflow.ts";
import { FakeGitHub } from "./testing/fake-github.ts";

const project = resolve(import.meta.dirname, "..");
const scenarios = listScenarios(join(project, "scenarios"));
let workspace: string;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), "workspace-"));
  for (const name of ["orchestrator", "scenarios", "ci", "package.json", "ntb-edma-lab"]) {
    symlinkSync(join(project, name), join(workspace, name));
  }
});
afterEach(() => rmSync(workspace, { recursive: true }));

function workflow(name: string) {
  return readWorkflow(join(project, ".github/workflows", name)).jobs;
}

/** Commands of the workflows that this file runs. */
const ran = new Set<string>();
/** Those that only a runner can: what they are is in the comment. */
const notHere = [
  // Debian's own packages, into a fresh container.
  /^apt-get update && apt-get install -y --no-install-recommends git ca-certificates zstd$/,
  /^apt-get install -y --no-install-recommends chromium$/,
  // All of this, and so this file, too.
  /^bash \.ci\/run$/,
];

afterAll(() => {
  const runs = ["ci.yml", "nightly.yml"].flatMap((name) =>
    Object.values(workflow(name)).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? [])),
  );
  const left = runs.filter((run) => !ran.has(run) && !notHere.some((known) => known.test(run)));
  expect(left, "every command of the workflows is run by a test").toEqual([]);
});

/** The command of a job's step in a workflow. */
function commandOf(job: string, name: string, file = "nightly.yml"): string {
  const run = workflow(file)[job]?.steps.find((step) => step.name === name)?.run;
  if (run === undefined) throw new Error(`no step "${name}" with a command in the job ${job}`);
  ran.add(run);
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
    ...{ schema: 1, label: "pinned", shard: { index, count }, expectedSkips: [] },
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
  const summary = () => ({
    ...{ GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(workspace, "step-summary.md") },
    ...{ EXPECT: "pinned", SCENARIOS: "remote-edma smoke" },
  });

  test("of parts that passed is 0, with summary, history and all files", async () => {
    part(1, 2, [passingRun()]);
    part(2, 2, [passingRun({ scenario: "smoke" })]);
    const { exitCode, all } = await sh(command, summary());
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
    expect(file("step-summary.md")).toContain("## 2 of 2 scenarios passed");
    expect(file("step-summary.md")).toContain("2 of 2 runs were made.");
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
    const { exitCode, stdout } = await sh(command, { ...summary(), SCENARIOS: "remote-edma" });
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

  test("of a kernel that left nothing at all is 125, too", async () => {
    part(1, 1, [passingRun()]);
    const { exitCode, stdout } = await sh(command, { EXPECT: "pinned 6.12" });
    expect(exitCode).toBe(125);
    expect(stdout).toContain("missing: no part of 6.12 left anything");
    expect(stdout).not.toContain("::");
  });

  test("of parts that had fewer scenarios than the project has is 125", async () => {
    part(1, 1, [passingRun({ scenario: "smoke" })]);
    const { exitCode, stdout } = await sh(command, { EXPECT: "pinned" });
    expect(exitCode).toBe(125);
    expect(stdout.match(/^missing: .* of pinned: in none of the parts$/gm)?.length).toBe(
      scenarios.length - 1,
    );
    expect(stdout).toContain(`1 of ${scenarios.length} runs were made\n`);
  });

  test("of parts that skipped all they had is 125, and each is told", async () => {
    part(1, 1, [
      { ...passingRun({ scenario: "smoke", verdict: "skip" }), skipped: "no BAR names" },
    ]);
    const { exitCode, stdout } = await sh(command, { ...summary(), SCENARIOS: "smoke" });
    expect(exitCode).toBe(125);
    const told = "smoke of pinned was skipped, and is expected to run: no BAR names";
    expect(stdout).toContain(`::error title=missing result::${told}\n`);
    expect(file("step-summary.md")).toContain("0 of 1 runs were made.");
    expect(JSON.parse(file("night/issue.json")).body).toContain("smoke of pinned was skipped");
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
    const machines = (text: string) => text.match(/^# [\w-]+ VM$/gm)?.length ?? 0;
    let sum = 0;
    for (const index of [1, 2]) {
      const env = { SHARD: `${index}/2`, KERNEL: "6.12", FLAGS: "--dry-run" };
      const { exitCode, stdout, stderr } = await sh(command, env);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(machines(stdout)).toBeGreaterThan(0);
      sum += machines(stdout);
    }
    const variants = scenarios.flatMap(({ file }) => readPlan(file).variants);
    expect(sum).toBe(variants.flatMap(({ topology }) => namesOf(topology)).length);
  });

  test("some of them can be named", async () => {
    const env = { SHARD: "1/1", SCENARIOS: "smoke power-loss", FLAGS: "--dry-run" };
    const { exitCode, stdout } = await sh(command, env);
    expect(exitCode).toBe(0);
    const named = scenarios.filter(({ name }) => name === "smoke" || name === "power-loss");
    const variants = named.flatMap((one) => readPlan(one.file).variants);
    expect(stdout.match(/^# endpoint VM$/gm)).toHaveLength(variants.length);
  });

  test("a part that is none, and a kernel that is none, are refused with 2", async () => {
    expect((await sh(command, { SHARD: "4/3" })).exitCode).toBe(2);
    expect((await sh(command)).exitCode).toBe(2);
    const { exitCode, stderr } = await sh(command, { SHARD: "1/3", KERNEL: "6" });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('got "6"; it has: pinned newest 6.12 debug');
  });
});

describe("skips that are expected", () => {
  const lines = readFileSync(join(project, "ci/expected-skips"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const labels = readFileSync(join(project, "ci/kernels.txt"), "utf8").match(/^[^#\s]\S*/gm);

  test("are of kernels and scenarios that there are, each with its reason", () => {
    const names = scenarios.map(({ file }) => readPlan(file).scenario);
    for (const line of lines) {
      const [, label, name, reason = ""] = /^(\S+) +(\S+) +(.*)$/.exec(line) ?? [];
      expect({ line, label, name }).toEqual({
        ...{ line, label: expect.toSatisfy((it) => labels?.includes(it) === true) },
        name: expect.toSatisfy((it) => names.includes(it)),
      });
      expect(reason.length).toBeGreaterThan(10);
    }
  });

  // So that whoever adds a scenario learns of it now, and not by a night that fails.
  test("of an older kernel are all that need what it lacks", () => {
    const lacks = [
      ...["vntb-bar-names", "pci_endpoint", "nvmet_pci_epf"],
      ...["rcar-s4-resizable-bars", "rk3588-resizable-bars", "qcom-endpoint-suspends"],
    ];
    const needing = scenarios.flatMap(({ file }) => {
      const plan = readPlan(file);
      const needs = plan.variants.flatMap((variant) => Object.values(needsOf(variant)).flat());
      return lacks.some((lack) => needs.includes(lack)) ? [plan.scenario] : [];
    });
    const listed = lines.flatMap((line) => (/^6\.12 /.test(line) ? [line.split(/ +/)[1]] : []));
    expect(listed).toEqual(needing.sort());
  });

  test("are none on the kernel that the project is made for", () => {
    expect(lines.filter((line) => line.startsWith("pinned "))).toEqual([]);
  });

  test("are given to each part with its kernel", async () => {
    const told = async (label: string) => (await sh(`bash ci/expected-skips.sh ${label}`)).stdout;
    expect(await told("pinned")).toBe("");
    const names = (label: string) =>
      lines.flatMap((line) => (line.startsWith(`${label} `) ? [line.split(/ +/)[1]] : []));
    for (const label of labels ?? []) expect(await told(label)).toBe(names(label).join(","));
  });

  test("that are not told are an error, and not none", async () => {
    rmSync(join(workspace, "ci"));
    mkdirSync(join(workspace, "ci"));
    for (const name of ["shard.sh", "kernel-flags.sh", "expected-skips.sh", "kernels.txt"]) {
      symlinkSync(join(project, "ci", name), join(workspace, "ci", name));
    }
    const env = { SHARD: "1/1", KERNEL: "pinned", FLAGS: "--dry-run" };
    expect((await sh("bash ci/shard.sh night", env)).exitCode).toBe(2);
  });

  test("have names that the command line knows", async () => {
    const flags = "--all --dry-run --expect-skips";
    const { exitCode, stderr } = await sh(`npm run --silent scenario -- ${flags} smoke,smoek`);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(stderr).toContain('Did you mean "smoke"?');
  });
});

describe("what a night is to have", () => {
  const lines = readFileSync(join(project, "ci/kernels.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const labels = lines.map((line) => line.split(" ")[0] ?? "");
  const command = commandOf("plan", "Say what the night is to have");
  const partSchema = z.array(
    z.object({ kernel: z.string(), index: z.int(), shard: z.string().transform(parseShard) }),
  );

  /** The outputs of the job. */
  async function plan(env: Record<string, string>) {
    const file = join(workspace, "outputs");
    writeFileSync(file, "");
    const { exitCode, stderr } = await sh(command, { GITHUB_OUTPUT: file, ...env });
    const output = (name: string) =>
      new RegExp(`^${name}=(.*)$`, "m").exec(readFileSync(file, "utf8"))?.[1] ?? "[]";
    const kernels = z.array(z.string()).parse(JSON.parse(output("kernels")));
    const parts = partSchema.parse(JSON.parse(output("parts")));
    return { exitCode, stderr, labels: output("labels"), kernels, parts };
  }

  test("is each kernel of the list, each in all its parts", async () => {
    const planned = await plan({});
    expect(planned).toMatchObject({ exitCode: 0, labels: labels.join(" "), kernels: labels });
    for (const label of labels) {
      const shards = planned.parts.flatMap((part) => (part.kernel === label ? [part.shard] : []));
      const names = scenarios.map(({ name }) => name);
      expect(shards.flatMap((shard) => ofShard(names, shard)).sort()).toEqual([...names].sort());
    }
    const names = planned.parts.map(({ kernel, index }) => `${kernel}-${index}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("is what a person asks for", async () => {
    const planned = await plan({ KERNELS: "6.12 pinned", PARTS: "2" });
    expect(planned).toMatchObject({ labels: "6.12 pinned", kernels: ["6.12", "pinned"] });
    expect(planned.parts).toHaveLength(4);
    const { exitCode, stderr } = await plan({ KERNELS: "6" });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(stderr).toContain('got "6"; it has: pinned newest 6.12 debug');
  });

  test("begins on each kernel with a scenario that it can run", async () => {
    for (const line of lines) {
      const [label = "", , first = ""] = line.split(" ");
      const { stdout } = await sh(`bash ci/expected-skips.sh ${label}`);
      expect(stdout.split(",")).not.toContain(first);
    }
  });

  const provision = commandOf("provision", "Provision and smoke-test");
  /** Builds nothing, and says what it was to build; all else is as ever. */
  function withoutBuilds(status = 0): void {
    rmSync(join(workspace, "ntb-edma-lab"));
    const real = join(project, "ntb-edma-lab");
    writeFileSync(
      join(workspace, "ntb-edma-lab"),
      `#!/bin/sh\ncase $1 in build) echo "$@"; exit ${status} ;; *) exec ${real} "$@" ;; esac\n`,
      { mode: 0o755 },
    );
  }

  test.each(labels)("%s is one that the lab understands, and it boots first", async (label) => {
    withoutBuilds();
    const env = { KERNEL: label, FLAGS: "--dry-run" };
    const { exitCode, stdout, stderr } = await sh(provision, env);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("# endpoint VM");
    expect(stdout).toMatch(/^build --all/m);
    const [, words = ""] = /^build --all(.*)$/m.exec(stdout) ?? [];
    // They are flags of `build`, too.
    expect(() => parseFlags(words.trim().split(" ").filter(Boolean), kernelFlags)).not.toThrow();
  });

  test("what scenarios boot is built before the first one boots, and one that does not build is told", async () => {
    withoutBuilds(125);
    const env = { KERNEL: "pinned", SCENARIOS: "smoke faults", FLAGS: "--dry-run" };
    const { exitCode, stdout } = await sh(provision, env);
    expect(stdout).toMatch(/^build smoke faults\n[\s\S]*# endpoint VM/);
    expect(exitCode).toBe(125);
  });
});

describe("what is handed on", () => {
  const pack = commandOf("provision", "Pack what was built");
  commandOf("test", "Pack what was built", "ci.yml");
  const unpack = commandOf("scenarios", "Begin with what was built this night");
  commandOf("provision", "Begin with what the last night built");
  commandOf("test", "Begin with what an earlier run built", "ci.yml");
  const cache = () => join(workspace, "cache/ntb-edma-lab");
  const asked = () => readFileSync(join(workspace, "asked"), "utf8").trimEnd().split("\n");

  /** Stands for `build`: notes what it is asked for, leaves a file, and ends as told. */
  function building({ status = 0, exports = true } = {}): void {
    rmSync(join(workspace, "ntb-edma-lab"), { force: true });
    const script = `#!/bin/sh
echo "$@" >> asked
while [ $# -gt 0 ]; do
	[ "$1" = --export ] && ${exports} && echo packed > "$2"
	shift
done
echo "what build says"
exit ${status}
`;
    writeFileSync(join(workspace, "ntb-edma-lab"), script, { mode: 0o755 });
  }

  function fill(entries: Record<string, string>): void {
    for (const [path, text] of Object.entries(entries)) {
      mkdirSync(join(cache(), path, ".."), { recursive: true });
      writeFileSync(join(cache(), path), text);
    }
  }

  /** What the job says of it: whether it has changed. */
  async function packed(env: Record<string, string> = {}) {
    const file = join(workspace, "outputs");
    writeFileSync(file, "");
    const given = { XDG_CACHE_HOME: join(workspace, "cache"), GITHUB_OUTPUT: file, ...env };
    return { ...(await sh(pack, given)), said: readFileSync(file, "utf8") };
  }
  const unpacked = () => sh(unpack, { XDG_CACHE_HOME: join(workspace, "cache") });

  test("is what the scenarios of the night boot on the kernel of the job, and nothing is built for it", async () => {
    building();
    fill({ "pins/p.json": "1" });
    expect(await packed()).toMatchObject({ exitCode: 0, said: "changed=true\n", stdout: "" });
    await packed({ KERNEL: "6.12", SCENARIOS: "smoke faults", HEADERS: "1" });
    await unpacked();
    expect(asked()).toEqual([
      "build --all --no-build --export lab.tar.zst",
      "build smoke faults --kernel debian:6.12 --headers --no-build --export lab.tar.zst",
      "build --all --no-build --import lab.tar.zst",
    ]);
    // They are flags of `build`.
    for (const line of asked()) expect(line).toMatch(/^build /);
  });

  test("has changed when something was built or another version is pinned, and only then", async () => {
    building();
    fill({ "kernel/a/Image": "", "pins/p.json": "1" });
    await unpacked();
    expect((await packed()).said).toBe("changed=false\n");
    // Who uses it, and what was fetched for it, is nothing that was built.
    fill({ "users/u": "", "requests/r.json": "{}", "downloads/d/x.deb": "", "trees/t/x.o": "" });
    expect((await packed()).said).toBe("changed=false\n");
    fill({ "pins/p.json": "2" });
    expect((await packed()).said).toBe("changed=true\n");
    await unpacked();
    fill({ "kernel-debug/b/x": "" });
    expect((await packed()).said).toBe("changed=true\n");
  });

  test("is what there is, where one of the kernels did not build", async () => {
    building({ status: 125 });
    fill({ "pins/p.json": "1" });
    expect(await packed()).toMatchObject({ exitCode: 0, said: "changed=true\n" });
    expect(await unpacked()).toMatchObject({ exitCode: 0 });
  });

  test("is nothing where nothing was built, or the file is none, and that is told", async () => {
    building({ status: 125, exports: false });
    writeFileSync(join(workspace, "lab.tar.zst"), "of an earlier night");
    const { exitCode, said, stderr } = await packed();
    expect({ exitCode, said }).toEqual({ exitCode: 125, said: "" });
    expect(stderr).toContain("what build says");
    building({ status: 2 });
    expect((await unpacked()).exitCode).toBe(2);
  });
});

test("a job's container has its cache where actions/cache looks, and git trusts the clone", async () => {
  const jobs = { ...workflow("ci.yml"), ...workflow("nightly.yml") };
  const inContainers = Object.entries(jobs).filter(([, job]) => job.container !== undefined);
  expect(inContainers.map(([name]) => name)).toEqual(["test", "provision", "scenarios"]);
  for (const [name, { steps }] of inContainers) {
    const first = steps.findIndex(({ run }) => run?.startsWith("bash ci/cache.sh"));
    expect(steps.slice(0, first).map(({ run }) => run)).toContain("bash ci/container.sh");
    // Caches of jobs with zstd are not found by jobs without.
    expect(steps[0]?.run).toMatch(/apt-get install .*\bzstd\b/);
    const command = commandOf(
      name,
      "Keep the cache in the workspace",
      name === "test" ? "ci.yml" : "nightly.yml",
    );
    const said = join(workspace, `${name}.env`);
    const env = { GITHUB_WORKSPACE: workspace, GITHUB_ENV: said, HOME: workspace };
    expect(await sh(command, env)).toMatchObject({ exitCode: 0, all: "" });
    expect(readFileSync(said, "utf8")).toBe(`XDG_CACHE_HOME=${workspace}/.cache\n`);
    expect(readFileSync(join(workspace, ".gitconfig"), "utf8")).toContain(workspace);
  }
});

describe("a night at home", () => {
  /** A PATH on which npm is a script; the parts themselves are run above. */
  function withNpm(script: string): string {
    mkdirSync(join(workspace, "bin"));
    writeFileSync(join(workspace, "bin/npm"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return `${join(workspace, "bin")}:${process.env.PATH}`;
  }
  /** Says what scenario was asked for, and makes reports. */
  const withoutRuns =
    'case $3 in scenario) echo "$@" ;; *) shift 4; INIT_CWD=$PWD exec ./ntb-edma-lab report "$@" ;; esac';

  test("runs every kernel, then makes the report: what left nothing is missing", async () => {
    const env = {
      ...{ KERNELS: "pinned debug", FLAGS: "--repeat 1" },
      PATH: withNpm(withoutRuns),
    };
    const { exitCode, stdout } = await sh("bash ci/night.sh night", env);
    expect(stdout).toContain(
      "run --silent scenario -- --all " +
        "--expect-skips=performance-channels,performance-doorbells,performance-frame-sizes," +
        "performance-queue-pairs,virtual-time-anchor " +
        "--shard 1/1 --label debug --out night/shard-debug-1 " +
        "--history history/history.jsonl --retries 1 --fail-on-flaky --bundle " +
        "--debug-kernel --repeat 1\n",
    );
    expect(stdout).toMatch(/=== kernel pinned, part 1\/1\n[\s\S]*=== kernel debug, part 1\/1\n/);
    for (const label of ["pinned", "debug"])
      expect(stdout).toContain(`missing: no part of ${label} left anything`);
    expect(exitCode).toBe(125);
  });

  test("on another kind of machine, each kernel has a label of its own, which the report expects", async () => {
    const env = { KERNELS: "pinned debug", LABEL: "arm", PATH: withNpm(withoutRuns) };
    const { stdout } = await sh("bash ci/night.sh night", env);
    for (const label of ["arm-pinned", "arm-debug"]) {
      expect(stdout).toContain(` --label ${label} `);
      expect(stdout).toContain(`missing: no part of ${label} left anything`);
    }
  });

  test("a part ends with the gravest status, whichever kernel it came of", async () => {
    const PATH = withNpm('case "$*" in *"--label pinned"*) exit 125 ;; esac\nexit 1');
    for (const KERNELS of ["pinned debug", "debug pinned"]) {
      const env = { SHARD: "1/2", KERNELS, PATH };
      expect((await sh("bash ci/night.sh night", env)).exitCode).toBe(1);
    }
  });

  test("on several machines, each has its part and no report", async () => {
    const env = { SHARD: "2/9", KERNELS: "pinned", FLAGS: "--dry-run" };
    const { exitCode, stdout } = await sh("bash ci/night.sh night", env);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("=== kernel pinned, part 2/9\n");
    expect(stdout).not.toContain("missing");
    expect(existsSync(join(workspace, "night/report.html"))).toBe(false);
  });
});

test("the fuzzers' time is what the lab understands", async () => {
  const command = commandOf("test", "Fuzz the devices for a bounded time", "ci.yml");
  expect((await sh(`${command} --help`)).exitCode).toBe(0);
  expect((await sh(`${command.replace("60", "x")}`)).exitCode).toBe(2);
});

describe("the issue of a night", () => {
  const report = commandOf("report", "One report of all parts");
  const command = commandOf("issue", "Open or update the issue");

  async function server(open: readonly object[] = []): Promise<FakeGitHub> {
    const github = await FakeGitHub.start("o/r", open);
    onTestFinished(() => github.close());
    return github;
  }

  /** What GitHub Actions has in a job's environment. */
  const environment = (github: FakeGitHub, run = 7) => ({
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: "https://x",
    GITHUB_REPOSITORY: "o/r",
    GITHUB_RUN_ID: String(run),
    GITHUB_SHA: "0123456789abcdef",
    GITHUB_TOKEN: github.token,
  });

  /** A night of one scenario, from its result to the issue. */
  async function night(github: FakeGitHub, result: RunResult, run: number) {
    rmSync(join(workspace, "night"), { recursive: true, force: true });
    part(1, 1, [result]);
    await sh(report, { EXPECT: "pinned", SCENARIOS: "remote-edma" });
    return sh(command, environment(github, run));
  }

  test("says scenario, fingerprint, since when, and the command; the next night goes on in it", async () => {
    const github = await server();
    const failed = { ...failingRun(), started: "2026-11-20T02:17:00.000Z" };
    const first = await night(github, failed, 7);
    expect({ exitCode: first.exitCode, said: first.all }).toEqual({
      exitCode: 0,
      said: "opened issue 1: Nightly: remote-edma",
    });
    const second = { ...failed, started: "2026-11-21T02:17:00.000Z" };
    expect((await night(github, second, 8)).exitCode).toBe(0);
    const [issue, ...more] = github.issues;
    expect(more).toEqual([]);
    expect(issue).toMatchObject({ number: 1, labels: [{ name: "nightly-failure" }] });
    expect(issue?.body).toContain("[night's run](https://x/o/r/actions/runs/8) of 0123456789ab");
    expect(issue?.body).toContain("### ❌ remote-edma (pinned)");
    expect(issue?.body).toMatch(
      /Fingerprint `[0-9a-f]{12}`, failing so since 2026-11-20T02:17:00\.000Z/,
    );
    expect(issue?.body).toContain("npm run scenario remote-edma");
    expect(issue?.comments).toEqual([
      "Still failing in the same way: https://x/o/r/actions/runs/8",
    ]);
    const other = { phase: "boot", message: "panic", excerpt: [] };
    await night(github, { ...second, started: "2026-11-22T02:17:00.000Z", failure: other }, 9);
    expect(issue?.comments[1]).toBe(
      "Failing in another way: https://x/o/r/actions/runs/9\n\nNightly: remote-edma",
    );
    expect(issue?.body).toContain("since 2026-11-22T02:17:00.000Z");
  });

  test("is no pull request that has the label, and no closed issue", async () => {
    const label = { name: "nightly-failure" };
    const closed = { number: 3, state: "closed", labels: [label], body: "old" };
    const pull = { number: 4, state: "open", labels: [label], body: "", pull_request: {} };
    const github = await server([closed, pull]);
    await sh(command, environment(github));
    expect(github.issues.map(({ number, title }) => [number, title])).toEqual([
      [3, undefined],
      [4, undefined],
      [5, "Nightly: no report"],
    ]);
  });

  test("is short enough for GitHub however much failed", async () => {
    const github = await server();
    mkdirSync(join(workspace, "night"));
    const long = { title: "Nightly: all", body: "x".repeat(100_000), fingerprints: ["f"] };
    writeFileSync(join(workspace, "night/issue.json"), JSON.stringify(long));
    expect((await sh(command, environment(github))).exitCode).toBe(0);
    expect(github.issues[0]?.body.length).toBeLessThan(65_536);
    expect(github.issues[0]?.body).toContain("<!-- fingerprints: f -->");
  });

  test("that cannot be written fails the job, and says what GitHub said", async () => {
    const github = await server();
    const refused = await sh(command, { ...environment(github), GITHUB_TOKEN: "other" });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("GET /issues");
    expect(refused.stderr).toContain("401");
    const { exitCode, stderr } = await sh(command, { ...environment(github), GITHUB_TOKEN: "" });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "expected GITHUB_TOKEN in the environment",
    });
  });
});
