// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { fileOf } from "../../cli/flags/scenario-choice.ts";
import { InfrastructureError } from "../../errors.ts";
import { digestOf } from "../../report/compare.ts";
import { passingRun } from "../../report/testing/samples.ts";
import type { Plan } from "../../scenario/plan.ts";
import { readPlan } from "../read-plan.ts";
import { InterruptedError } from "../variant/failure.ts";
import { besideItself, jobsOf, lanesOf, runSeveral, type Several } from "./several.ts";
import { plainSettings, silenced } from "./testing/terminal-settings.ts";

// Whatever else the machine is doing.
beforeEach(() => void vi.spyOn(process, "availableMemory").mockReturnValue(64 * 1024 ** 3));
afterEach(() => void vi.restoreAllMocks());

function request(out: string, ...names: string[]): Several {
  return {
    chosen: names.map((name) => ({ ...fileOf(name), reproduce: `npm run scenario ${name}` })),
    ...{ over: {}, out: () => out, shard: { index: 1, count: 1 }, label: "" },
    settings: plainSettings,
    signal: AbortSignal.abort(),
  };
}

test("a result that an earlier command left does not stand for a run that was not made", async () => {
  const out = mkdtempSync(join(tmpdir(), "several-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  mkdirSync(join(out, "smoke"));
  const left = JSON.stringify(passingRun({ scenario: "smoke" }));
  writeFileSync(join(out, "smoke/result.json"), left);
  silenced();
  expect(await runSeveral(request(out, "smoke"))).toBe(125);
});

test("nothing is run, or made, of a scenario named twice, of more at a time than the memory holds, or with seeds that vary nothing", async () => {
  const beside = mkdtempSync(join(tmpdir(), "several-test-"));
  onTestFinished(() => rmSync(beside, { recursive: true }));
  const out = join(beside, "never-made");
  await expect(runSeveral(request(out, "smoke", "faults", "smoke"))).rejects.toThrow(
    "expected each scenario once, got smoke 2 times (smoke, smoke); --repeat runs one several times",
  );
  const over = { set: ["topology.host.memory=900G"] };
  const large = { ...request(out, "smoke", "power-loss"), over, jobs: 2 };
  await expect(runSeveral(large)).rejects.toThrow("--jobs 2 does not fit into the memory");
  const { settings, ...seeded } = request(out, "virtual-time", "smoke");
  await expect(runSeveral({ ...seeded, settings: { ...settings, seeds: [1] } })).rejects.toThrow(
    "smoke goes by the wall clock",
  );
  expect(existsSync(out)).toBe(false);
});

test("before scenarios run side by side, all that any of them boots is there: none is up beside a compiler", async () => {
  const out = mkdtempSync(join(tmpdir(), "several-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const said = silenced();
  const wanted: [string, boolean][] = [];
  const status = await runSeveral({
    ...request(out, "smoke", "link-down"),
    ...{ jobs: 2, signal: new AbortController().signal },
    expectedSkips: ["all-kernels"],
    provision: async ({ scenario }, { progress }) => {
      wanted.push([scenario, /== \d of 2/.test(said())]);
      progress({ type: "task-started", task: { title: "Build a kernel" } } as never);
      progress({ type: "task-output", line: "CC x.o", task: { title: "Nothing new" } } as never);
      throw new InfrastructureError("no compiler here");
    },
  });
  expect(status).toBe(125);
  // Both boot the same; each is told what the one attempt said.
  expect(wanted).toEqual([["smoke", false]]);
  expect(said().match(/no compiler here/g)).toHaveLength(2);
  expect(said()).toMatch(/^Build a kernel \.\.\.$/m);
  expect(said()).not.toContain("Nothing new");
  // What was meant is written down, for whoever puts the parts of a night together.
  expect(JSON.parse(readFileSync(join(out, "shard.json"), "utf8"))).toEqual({
    ...{ schema: 1, label: "", shard: { index: 1, count: 1 } },
    ...{ scenarios: ["smoke", "link-down"], expectedSkips: ["all-kernels"] },
  });
});

test("lanes: no more than there are runs, and those about speed are alone", () => {
  const of = (names: readonly string[], jobs: number, repeat = 1) => {
    const all = names.map((name) => ({ name, plan: readPlan(fileOf(name).file) }));
    const { alone, others, lanes } = lanesOf(all, jobs, repeat);
    return {
      ...lanes,
      alone: alone.map(({ name }) => name),
      others: others.map(({ name }) => name),
    };
  };
  const [one, two, fast] = ["smoke", "link-down", "remote-edma"] as const;
  expect(of([one, two, fast], 4)).toEqual({
    ...{ scenarios: 2, runs: 1, others: [one, two], alone: [fast] },
  });
  expect(of([one, two], 1)).toEqual({ scenarios: 1, runs: 1, others: [], alone: [one, two] });
  // One that has nobody beside it says so.
  expect(of([one, fast], 4)).toEqual({ scenarios: 1, runs: 1, others: [], alone: [one, fast] });
  expect(of([one], 4, 10)).toEqual({ scenarios: 1, runs: 4, others: [one], alone: [] });
  expect(of([one], 4, 3)).toMatchObject({ runs: 3 });
  expect(of([one, two], 5, 10)).toMatchObject({ scenarios: 2, runs: 2 });
  expect(of([fast], 4, 10)).toEqual({ scenarios: 1, runs: 1, others: [], alone: [fast] });
});

test("a scenario's own runs are made side by side, unless they are about speed, and that is told", async () => {
  const said = silenced();
  const made: string[] = [];
  const of = async (name: string, repeat: number, jobs?: number) => {
    const { settings } = request("", name);
    const beside = await besideItself(
      readPlan(fileOf(name).file),
      { ...settings, repeat },
      {
        ...{ jobs, signal: new AbortController().signal },
        provision: async ({ scenario }) => {
          made.push(scenario);
          throw new InfrastructureError("no compiler here");
        },
      },
    );
    const { jobs: told, atOnce } = beside;
    return { jobs: told, atOnce };
  };
  expect(await of("smoke", 3, 2)).toEqual({ jobs: 2, atOnce: 2 });
  expect(said()).toBe("2 runs at a time\n");
  // Once for all of its runs, whatever came of it.
  expect(made).toEqual(["smoke"]);
  // No more than there are.
  expect(await of("smoke", 2, 5)).toEqual({ jobs: 2, atOnce: 2 });
  made.length = 0;
  expect(await of("smoke", 1)).toEqual({ jobs: 1, atOnce: 1 });
  expect(await of("remote-edma", 3, 2)).toEqual({ jobs: 1, atOnce: 1 });
  expect(made).toEqual([]);
  expect(said()).toContain("about speed: its runs are made alone, one after the other\n");
});

test("scenarios that are run alone ask for no memory beside others", () => {
  const plans = (names: readonly string[]) =>
    names.map((name) => readPlan(fileOf(name).file, { set: ["topology.host.memory=40G"] }));
  const room = { processors: 8, memory: 64 * 1024 ** 3 };
  expect(jobsOf(plans(["remote-edma", "virtual-time"]), 5, 4, room)).toBe(4);
  expect(jobsOf(plans(["remote-edma", "smoke"]), 1, 2, room)).toBe(2);
  expect(() => jobsOf(plans(["remote-edma", "smoke"]), 2, 2, room)).toThrow(
    "--jobs 2 does not fit",
  );
  expect(() => jobsOf(plans(["link-down", "smoke"]), 1, 2, room)).toThrow("--jobs 2 does not fit");
});

test("who ends it while something is built has ended all of it, and no run is made", async () => {
  const out = mkdtempSync(join(tmpdir(), "several-test-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const said = silenced();
  const stop = new AbortController();
  const status = await runSeveral({
    ...request(out, "smoke", "link-down"),
    ...{ jobs: 2, signal: stop.signal },
    provision: async (_plan, { signal }) => {
      stop.abort(new InterruptedError("SIGINT"));
      signal.throwIfAborted();
      throw new Error("unreachable");
    },
  });
  expect(status).toBe(130);
  expect(said()).not.toMatch(/== \d of 2/);
});

describe("of several scenarios,", () => {
  let out: string;
  beforeEach(() => {
    out = mkdtempSync(join(tmpdir(), "several-test-"));
  });
  afterEach(() => rmSync(out, { recursive: true }));
  const failing = async () => {
    throw new InfrastructureError("no compiler here");
  };
  const goingOn = () => ({ signal: new AbortController().signal, provision: failing });
  const resultOf = (name: string) =>
    JSON.parse(readFileSync(join(out, name, "result.json"), "utf8"));

  test("those about speed are run at the end and alone, and at last all are told of", async () => {
    const said = silenced();
    const three = request(out, "remote-edma", "smoke", "link-down");
    expect(await runSeveral({ ...three, ...goingOn(), jobs: 2 })).toBe(125);
    const lines = said().split("\n");
    const places = lines.filter((line) => /== \d of 3/.test(line));
    expect(places).toEqual([
      ...["smoke     | == 2 of 3: smoke", "link-down | == 3 of 3: link-down"],
      "== 1 of 3: remote-edma",
    ]);
    expect(lines).toContain("2 runs at a time; about speed, and alone at the end: remote-edma");
    expect(lines.slice(-7)).toEqual([
      "",
      expect.stringMatching(/^ {2}ERROR {2}link-down {4}[\d.]+ /),
      expect.stringMatching(/^ {2}ERROR {2}remote-edma {2}[\d.]+ /),
      expect.stringMatching(/^ {2}ERROR {2}smoke {8}[\d.]+ /),
      ...["exit status 125", `report: ${out}/report.html`, ""],
    ]);
    expect(["smoke", "link-down", "remote-edma"].map((name) => resultOf(name).jobs)).toEqual([
      ...[2, 2, undefined],
    ]);
    // The command that does one again is its own.
    expect(resultOf("smoke").reproduce).toBe("npm run scenario smoke");
    expect(existsSync(join(out, "report.html"))).toBe(true);
  });

  test("one after the other builds when its turn has come, and no line says whose it is", async () => {
    const said = silenced();
    const wanted: string[] = [];
    const provision = async ({ scenario }: Plan) => {
      wanted.push(scenario);
      return failing();
    };
    const two = { ...request(out, "smoke", "link-down"), ...goingOn(), provision, jobs: 1 };
    expect(await runSeveral(two)).toBe(125);
    expect(wanted).toEqual(["smoke", "link-down"]);
    expect(said()).toContain("\n\n== 2 of 2: link-down\n");
    expect(said()).not.toMatch(/ \| |at a time/);
    expect(JSON.parse(readFileSync(join(out, "shard.json"), "utf8"))).not.toHaveProperty(
      "expectedSkips",
    );
  });

  test("a part has no others to miss; what is missing of it, and what was not expected, is told", async () => {
    const said = silenced();
    const part = { ...request(out, "smoke"), shard: { index: 1, count: 2 }, label: "new" };
    await runSeveral({ ...part, ...goingOn() });
    expect(said()).not.toContain("missing");
    await runSeveral({ ...part, expectedSkips: ["smoke"] });
    expect(said()).toMatch(/^ {2}missing: .*smoke/m);
    await runSeveral({ ...part, ...goingOn(), expectedSkips: ["smoke"] });
    expect(said()).toMatch(/^ {2}news: .*smoke.* is expected to be skipped/m);
  });

  test("the runs before them are in their report", async () => {
    silenced();
    const history = join(out, "history");
    const earlier = digestOf(
      passingRun({ scenario: "smoke", started: "2026-10-01T00:00:00Z" }),
      "",
    );
    writeFileSync(history, `${JSON.stringify(earlier)}\n`);
    const one = request(out, "smoke");
    const settings = { ...one.settings, history };
    await runSeveral({ ...one, ...goingOn(), settings });
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("2026-10-01");
    expect(readFileSync(history, "utf8").trimEnd().split("\n")).toHaveLength(2);
  });
});
