// SPDX-License-Identifier: MIT
//
// What a person sees and finds of runs that end before a VM is up.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { InfrastructureError } from "../../errors.ts";
import type { StartedLab } from "../../lab/lab.ts";
import { labRevision, scenarioDirectory } from "../../project.ts";
import { type RunResult, resultSchema } from "../../report/result.ts";
import { screenOn } from "../../report/screen.ts";
import { readPlan } from "../read-plan.ts";
import type { Provision } from "../request.ts";
import { bareArtifacts } from "../testing/bare-artifacts.ts";
import { playedArtifacts } from "../testing/played-artifacts.ts";
import {
  type RunOnTerminal,
  type RunSettings,
  runOnTerminal,
  type Surroundings,
} from "./run-on-terminal.ts";
import { plainSettings, silenced } from "./testing/terminal-settings.ts";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "run-on-terminal-test-"));
});
afterEach(() => rmSync(out, { recursive: true }));

const smoke = readPlan(join(scenarioDirectory, "smoke.yaml"));
const failing: Provision = () => Promise.reject(new InfrastructureError("no compiler here"));
const resultIn = (directory: string): RunResult =>
  resultSchema.parse(JSON.parse(readFileSync(join(directory, "result.json"), "utf8")));

function run(
  settings: Partial<RunSettings> = {},
  surroundings: Partial<Surroundings> = {},
  plan = smoke,
): Promise<number> {
  const { signal } = new AbortController();
  const asked = { ...plainSettings, reproduce: "npm run scenario smoke", ...settings };
  return runOnTerminal(plan, out, asked, signal, {
    ...{ screen: screenOn(process.stdout), jobs: 1, atOnce: 1, provision: failing },
    ...surroundings,
  });
}

test("a run is told on the terminal, has its reports, and ends with their exit status", async () => {
  const said = silenced();
  expect(await run()).toBe(125);
  expect(said()).toContain("no compiler here");
  const result = resultIn(out);
  expect(result).toMatchObject({ exitStatus: 125, reproduce: "npm run scenario smoke" });
  expect(result.versions.lab).toBe(await labRevision());
  expect(result).not.toHaveProperty("jobs");
  // Of this run as it went, and of its result.
  for (const file of ["run.log", "report.html", "junit.xml"])
    expect(existsSync(join(out, file)), file).toBe(true);
});

test("alone a run is told on standard output, and has what the cache has", async () => {
  vi.stubEnv("XDG_CACHE_HOME", join(out, "cache"));
  onTestFinished(() => void vi.unstubAllEnvs());
  const said = silenced();
  const settings = { ...plainSettings, build: false, reproduce: "npm run scenario smoke" };
  const { signal } = new AbortController();
  expect(await runOnTerminal(smoke, join(out, "run"), settings, signal)).toBe(125);
  expect(said()).toMatch(/^ERROR smoke in .*exit status 125/m);
  const result = resultIn(join(out, "run"));
  expect(result.failure?.message).toContain(`not all that is to run is in ${join(out, "cache")}`);
  expect(result).not.toHaveProperty("jobs");
});

test("beside others each of its lines begins with its name, and how many there were is told", async () => {
  const said = silenced();
  const after = vi.fn(async ({ say }: RunOnTerminal) => say("bundle: x"));
  await run({ after }, { head: "smoke | ", jobs: 3 });
  const lines = said().trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.filter((line) => line !== "" && !line.startsWith("smoke |"))).toEqual([]);
  expect(lines).toContain("smoke | bundle: x");
  expect(resultIn(out).jobs).toBe(3);
});

test("each of several runs has a directory, a seed and, beside others, a name of its own", async () => {
  const said = silenced();
  const plan = readPlan(join(scenarioDirectory, "virtual-time.yaml"));
  await run({ repeat: 2, seeds: [7, 9] }, { head: "x | ", jobs: 2, atOnce: 2 }, plan);
  for (const [number, seed] of [7, 9].entries()) {
    const name = `run-${number + 1}`;
    const result = resultIn(join(out, name));
    expect(result).toMatchObject({
      ...{ seed, reproduce: `npm run scenario smoke -- --seed ${seed}` },
    });
    expect(said()).toMatch(new RegExp(`^x \\| ${name} \\| .*no compiler here`, "m"));
  }
  expect(resultIn(out).attempts?.map(({ seed }) => seed)).toEqual([7, 9]);
});

test("a run that does not pass is made again so often as asked, and alone it has no name", async () => {
  const said = silenced();
  expect(await run({ retries: 1 })).toBe(125);
  expect(resultIn(out).attempts?.map(({ directory }) => directory)).toEqual([
    "attempt-1",
    "attempt-2",
  ]);
  expect(said()).not.toContain(" | ");
});

test("what is done with a run once it is over has its result, and what was booted as far as that was built", async () => {
  silenced();
  const seen: RunOnTerminal[] = [];
  const after = async (one: RunOnTerminal) => {
    // Its reports are there already.
    expect(resultIn(out).exitStatus).toBe(one.result.exitStatus);
    seen.push(one);
  };
  await run({ after });
  const artifacts = bareArtifacts(out, []);
  expect(await run({ after, skipUnmetNeeds: true }, { provision: async () => artifacts })).toBe(0);
  expect(await run({ after }, { provision: async () => artifacts })).toBe(2);
  expect(seen).toMatchObject([
    { plan: smoke, out, result: { exitStatus: 125 } },
    { plan: smoke, out, result: { verdict: "skip" } },
    { plan: smoke, out, result: { exitStatus: 2 } },
  ]);
  expect(seen.map((one) => one.artifacts)).toEqual([undefined, artifacts, artifacts]);
});

test("a report that cannot be written is told on standard error, with the run's directory", async () => {
  silenced();
  const complained = silenced("stderr");
  mkdirSync(join(out, "junit.xml"));
  await run();
  expect(complained()).toMatch(/^the junit\.xml report failed: .*EISDIR/m);
  expect(complained()).toContain(`(${relative(process.cwd(), out)})\n`);
});

test("a run with VMs says where its events and packets are, for who wants them, and may keep the VMs", async () => {
  const file = join(out, "mine.yaml");
  writeFileSync(
    file,
    "name: mine\ntitle: mine\ninclude: vntb\nsteps: [{ do: shell, as: asked, on: host, run: x }]\nchecks: [{ id: c, title: c, check: command, of: asked, status: 0 }]\n",
  );
  const provision = async () => playedArtifacts(out);
  const plan = readPlan(file);
  const said = silenced();
  const kept = vi.fn(async (lab: StartedLab) => void (await lab.close()));
  const inspection = { keep: true, trace: ["dwc_*"], pcap: true };
  const status = await run({ inspection, keep: kept }, { provision, head: "x | " }, plan);
  expect(status, said()).toBe(0);
  expect(kept).toHaveBeenCalledTimes(1);
  expect(said()).toContain(`x | time line: ${join(out, "time-line.txt")} (0 trace events)\n`);
  expect(said()).toContain(`x | packets: ${join(out, "host.pcap")} (`);
  const before = said().length;
  expect(await run({}, { provision }, plan)).toBe(0);
  expect(said().slice(before)).not.toMatch(/time line:|packets:/);
}, 60_000);

test("the history has the result of all attempts, and none of each", async () => {
  silenced();
  const history = join(out, "history");
  await run({ retries: 1, history });
  expect(readFileSync(history, "utf8").trimEnd().split("\n")).toHaveLength(1);
});
