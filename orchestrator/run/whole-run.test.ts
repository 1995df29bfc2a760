// SPDX-License-Identifier: MIT
//
// Whole runs, from a scenario's file to its reports, with programs in the place of QEMU that only play one.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RunEvent } from "../report/events.ts";
import { resultReporters } from "../report/file-reporters.ts";
import { type RunResult, resultSchema } from "../report/result.ts";
import { readPlan } from "./read-plan.ts";
import type { RunRequest } from "./request.ts";
import { runPlan } from "./run.ts";
import { playedArtifacts } from "./testing/played-artifacts.ts";

let out: string;
let events: RunEvent[];
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "whole-run-test-"));
  events = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(out, { recursive: true });
});

/** A scenario of two variants, in each of which the host is asked for something and its answer is judged. */
const two = `name: mine
title: mine
include: vntb
matrix:
  first: { title: the first }
  second: { title: the second }
steps:
  - { do: shell, as: asked, on: host, run: hello }
checks:
  - { id: said, title: it says so, check: command, of: asked, status: 0, stdout: "host: hello" }
`;

const ofVariants = () => events.filter(({ type }) => type.startsWith("variant-"));

function run(text: string, change: Partial<RunRequest> = {}): Promise<RunResult> {
  const file = join(out, "mine.yaml");
  writeFileSync(file, text);
  return runPlan({
    ...{ plan: readPlan(file), out, timeoutScale: 2, accelerator: "tcg" },
    provision: async () => playedArtifacts(out),
    reporters: [{ name: "seen", on: (event) => void events.push(event) }, ...resultReporters({})],
    signal: new AbortController().signal,
    complain: (told) => {
      throw new Error(told);
    },
    ...change,
  });
}

test("variants are run one after the other, each with two VMs of its own, and have one verdict", async () => {
  const result = await run(two);
  expect(result).toMatchObject({ verdict: "pass", exitStatus: 0, accelerator: "tcg" });
  expect(result.checks.map(({ id, status }) => [id, status])).toEqual([
    ["first.said", "pass"],
    ["second.said", "pass"],
  ]);
  expect(result.variants?.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["first", "pass"],
    ["second", "pass"],
  ]);
  expect(result.versions).toMatchObject({ qemu: "played", kernelConfig: "0123456789ab" });
  expect(ofVariants()).toMatchObject([
    { type: "variant-started", variant: "first", title: "the first", index: 1, count: 2 },
    { type: "variant-finished", variant: "first" },
    { type: "variant-started", variant: "second", title: "the second", index: 2, count: 2 },
    { type: "variant-finished", variant: "second" },
  ]);
  expect(events[0]).toMatchObject({ type: "run-started", scenario: "mine" });
  expect(events).toContainEqual({
    type: "note",
    text: "accelerator: software emulation (as --accel tcg asks)",
  });
  for (const file of ["first/host-console.log", "second/endpoint-console.log"])
    expect(readFileSync(join(out, file), "utf8")).toContain("Booting Linux");
  // What goes with the reports: how the kernel was configured, and a result that is as its schema says.
  expect(readFileSync(join(out, "kernel.config"), "utf8")).toBe("CONFIG_X=y\n");
  const written = resultSchema.parse(JSON.parse(readFileSync(join(out, "result.json"), "utf8")));
  expect(written).toMatchObject({ verdict: "pass" });
  expect(existsSync(join(out, "report.html"))).toBe(true);
}, 60_000);

test("a variant that fails does not end the others; what it failed by is the run's", async () => {
  const result = await run(two.replace('stdout: "host: hello"', 'stdout: "^never$"'));
  expect(result).toMatchObject({ verdict: "fail", exitStatus: 1 });
  expect(result.variants?.map(({ verdict }) => verdict)).toEqual(["fail", "fail"]);
}, 60_000);

test("a guest that crashes in a step has failed the run there, with what its console said", async () => {
  const result = await run(
    two.replace("run: hello", "run: panic").replace("  second: { title: the second }\n", ""),
  );
  expect(result).toMatchObject({
    ...{ verdict: "fail", exitStatus: 1 },
    failure: { message: expect.stringContaining("Kernel panic - not syncing: played") },
  });
  expect(result.steps).toMatchObject([{ status: "failed" }]);
}, 60_000);

test("VMs that are to be kept end the run with the first variant that does not pass", async () => {
  const kept: string[] = [];
  const keep: RunRequest["keep"] = async (lab, plan) => {
    kept.push(plan.variant);
    await lab.close();
  };
  const result = await run(two.replace("host: hello", "^never$"), { keep });
  expect(kept).toEqual(["first"]);
  expect(result.variants?.map(({ verdict }) => verdict)).toEqual(["fail", undefined]);
  expect(result.checks.at(-1)).toMatchObject({ id: "second.said", status: "skip" });
}, 60_000);

test("VMs of a run that has passed are kept, too; where there is no matrix, nothing is told of variants", async () => {
  const kept: string[] = [];
  const keep: RunRequest["keep"] = async (lab) => {
    kept.push(...Object.keys(lab.consoles));
    await lab.close();
  };
  const result = await run(two.replace(/matrix:\n(?: {2}.*\n)*/, ""), { keep });
  expect(result).toMatchObject({ verdict: "pass", checks: [{ id: "said" }] });
  expect(kept.sort()).toEqual(["endpoint", "host"]);
  expect(ofVariants()).toEqual([]);
}, 60_000);
