// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa, execaNode } from "execa";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { projectDirectory, scenarioDirectory } from "../project.ts";
import { readPlan } from "../run/read-plan.ts";
import { listScenarios } from "../scenario/catalogue.ts";
import { gitIn } from "../testing/git.ts";
import { runCommand } from "./commands.ts";
import { parseFlags } from "./flags/flags.ts";
import { dryRun } from "./scenario/dry-run.ts";

const options = { out: { type: "string", value: "DIR" }, "dry-run": { type: "boolean" } } as const;

describe("flags", () => {
  test("are read, and words kept apart", () => {
    const { values, positionals } = parseFlags(["x", "--out", "d", "--dry-run"], options);
    expect(values).toEqual({ out: "d", "dry-run": true });
    expect(positionals).toEqual(["x"]);
  });

  test.each([
    [["--dryrun"], 'unknown flag --dryrun. Did you mean "--dry-run"?'],
    [["--out"], "the flag --out needs a value: --out DIR"],
    [["--out", "--dry-run"], "the flag --out needs a value"],
    [["--out", "-1"], "the flag --out needs a value"],
    [["--dry-run=yes"], 'the flag --dry-run takes no value, got "yes"'],
    [["-x"], "unknown flag -x; expected one of --out, --dry-run."],
  ])("%j is told", (args, message) => {
    expect(() => parseFlags(args, options)).toThrow(message);
  });
});

test("a flag that npm keeps for its own is told, and nothing runs without it", async () => {
  const npm = (...args: string[]) =>
    execa("npm", ["run", "--silent", "scenario", ...args], {
      cwd: projectDirectory,
      reject: false,
    });
  const lost = await npm("list", "--fail-on-flaky");
  expect(lost.stderr).toContain(
    'npm took --fail-on-flaky for its own: flags go behind two dashes, as in "npm run scenario -- --fail-on-flaky"',
  );
  expect(lost).toMatchObject({ exitCode: 2, stdout: "" });
  expect(await npm("list", "--", "--fail-on-flaky")).toMatchObject({ exitCode: 0, stderr: "" });
});

describe("the command", () => {
  const run = (...args: string[]) =>
    execaNode(join(import.meta.dirname, "main.ts"), args, { reject: false, nodeOptions: [] });

  /** The same without a process of its own, which is most of its time. */
  async function runHere(...args: string[]) {
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      const write = vi.spyOn(process[stream], "write").mockImplementation((text) => {
        said[stream] += String(text);
        return true;
      });
      onTestFinished(() => write.mockRestore());
    }
    const exitCode = await runCommand(args);
    vi.restoreAllMocks();
    return { exitCode, ...said };
  }

  test.each([[["scenario"]], [["scenario", "list"]]])("%j lists the scenarios", async (args) => {
    const { exitCode, stdout } = await run(...args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^remote-edma +\S/m);
    expect(stdout.split("\n")).toHaveLength(listScenarios(scenarioDirectory).length);
  });

  test("lists itself, and every command has help of its own", async () => {
    const { stdout } = await run("--help");
    const commands = [...stdout.matchAll(/^ {2}(\S+) {2}/gm)].map(([, name = ""]) => name);
    expect(commands).toContain("scenario");
    for (const command of commands) {
      const help = await runHere(command, "--help");
      expect(help.stdout).toMatch(/^usage: .*\n/);
      expect(help.stdout).toMatch(/^ {2}--help +/m);
      expect(help.exitCode).toBe(0);
      expect((await runHere("help", command)).stdout).toBe(help.stdout);
    }
  });

  test("works on the repository it is told to, also where git runs it in another one", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cli-test-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const commits: string[] = [];
    for (const name of ["mine", "other"]) {
      const git = gitIn(join(directory, name));
      mkdirSync(join(directory, name));
      await git("init", "--quiet");
      await git("commit", "--quiet", "--allow-empty", `--message=${name}`);
      commits.push((await git("rev-parse", "--short=12", "HEAD")).stdout);
    }
    vi.stubEnv("GIT_DIR", join(directory, "other/.git"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const ends = ["--good", "HEAD", "--bad", "HEAD"];
    const { stderr } = await run("bisect", "--kernel", join(directory, "mine"), ...ends, "smoke");
    expect(stderr).toContain(`${commits[0]} is none of ${commits[0]}`);
  });

  test("a dry run of it is that of `scenario NAME`", async () => {
    const { stdout } = await run("scenario", "run", "smoke", "--dry-run");
    expect(stdout).toContain("modprobe --first-time ntb_transport");
    expect((await run("scenario", "smoke", "--dry-run")).stdout).toBe(stdout);
  });

  test("bad usage is a line on standard error, and status 2", async () => {
    const { exitCode, stdout, stderr } = await run("scenario", "remot-edma");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe('unknown scenario "remot-edma". Did you mean "remote-edma"?');
  });

  test.each([
    [["scenario", "remot-edma"], 'Did you mean "remote-edma"?'],
    [["scenario", "no/such.yaml"], "no scenario file"],
    [["scenario", "remote-edma", "--timeout-scale", "0"], "expected a number above 0"],
    [["scenario", "smoke", "smok"], 'Did you mean "smoke"?'],
    [["scenario", "--all", "smoke"], "expected scenarios or --all, got both: smoke"],
    [["scenario", "--shard", "3/2"], "expected --shard as INDEX/COUNT"],
    [
      ["scenario", "smoke", "--retries", "1.5"],
      "expected a whole number, 0 or more, for --retries",
    ],
    [["scenario", "smoke", "--compare", "/no/such.json"], "could not compare with /no/such.json"],
    [["report", "merg"], 'expected "report merge DIR..."'],
    [["report", "merge"], "expected a directory with results"],
    [["report", "merge", "/no/such"], "no directory /no/such"],
    [["scenari"], 'Did you mean "scenario"?'],
    [["scenario", "run"], 'expected a scenario after "scenario run"'],
    [["scenario", "smoke", "--accel", "kmv"], 'Did you mean "kvm"?'],
    [["scenario", "smoke", "--repeat", "2", "--retries", "1"], "got both"],
    [["scenario", "smoke", "--repeat", "0"], "a whole number above 0 for --repeat"],
    [["scenario", "smoke", "faults", "--jobs", "0"], 'a whole number above 0 for --jobs, got "0"'],
    [["scenario", "smoke", "faults", "--jobs=-1"], 'a whole number above 0 for --jobs, got "-1"'],
    [["scenario", "smoke", "--jobs", "2"], "expected more than one scenario, or --repeat"],
    [["scenario", "smoke", "faults", "--gdb", "host", "--jobs", "2"], "leave --jobs 2 away"],
    [["scenario", "smoke", "--set", "topology.host.memroy=2G"], 'Did you mean "memory"?'],
    [["scenario", "smoke", "--keep", "--repeat", "2"], "leave --repeat"],
    [["scenario", "--all", "--keep"], "expected the name of one scenario"],
    [["scenario", "smoke", "--seeds", "1..2"], "smoke goes by the wall clock"],
    [["shell"], 'expected "shell MACHINE [SCENARIO]", got nothing'],
    [["shell", "hots"], 'Did you mean "host"?'],
    [["shell", "host", "smok"], 'Did you mean "smoke"?'],
    [["shell", "host", "ntb-default", "--variant", "poled"], 'Did you mean "polled"?'],
    [["shell", "host", "virtual-time", "--seed", "many"], 'for --seed, got "many"'],
    [["shell", "host", "--monitor", "--", "ls"], "got both"],
    [["stop", "no-such"], 'no VMs of a scenario "no-such" are kept'],
    [["scenario", "lst"], 'Did you mean "list"?'],
    [["scenario", "list", "smoke"], "takes no names"],
    [["scenario", "smoke", "--kernal", "x"], 'Did you mean "--kernel"?'],
  ])("%j is bad usage: 2", async (args, message) => {
    const { exitCode, stderr } = await runHere(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.split("\n")).toHaveLength(2);
  });
});

describe("the project's scenarios", () => {
  const files = ["", "repro"].flatMap((directory) =>
    readdirSync(join(scenarioDirectory, directory))
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => join(directory, file)),
  );
  test.each(files)("%s is valid, and is named as its file", (file) => {
    expect(`${readPlan(join(scenarioDirectory, file)).scenario}.yaml`).toBe(basename(file));
  });
});

test("a dry run shows both machines and every guest command", () => {
  const text = dryRun(readPlan(join(scenarioDirectory, "remote-edma.yaml")));
  expect(text).toMatch(/^# endpoint VM\nqemu-system-aarch64 .*dwc-pcie-ep/m);
  expect(text).toMatch(/^# host VM\nqemu-system-aarch64 .*pcie-root-port/m);
  expect(text).toContain("modprobe --first-time ntb_transport use_remote_edma=1");
  expect(text).toContain("iperf3 --json --client 192.168.77.2");
  expect(text).toContain('put "$own/mw1_bar" 4');
  const rescan = "echo 1 > /sys/bus/pci/rescan";
  expect(text).not.toContain(rescan);
  const plan = readPlan(join(scenarioDirectory, "remote-edma.yaml"));
  expect(dryRun(plan, { debugKernel: true })).toContain(rescan);
});

test("a dry run of seeds shows the first of them, and how many runs there are", () => {
  const plan = readPlan(join(scenarioDirectory, "virtual-time.yaml"));
  const text = dryRun(plan, { seeds: [5, 6, 7] });
  expect(text).toMatch(/^# 3 runs with the seeds 5 to 7, the first of which is this\n\n/);
  expect(text).toContain(",seed=5");
  expect(dryRun(plan, { seeds: [9] })).toContain(",seed=9");
  expect(dryRun(plan)).not.toMatch(/seed=|# \d+ runs/);
});
