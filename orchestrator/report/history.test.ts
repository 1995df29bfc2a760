// SPDX-License-Identifier: MIT
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digestOf } from "./compare.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { appendDigests, failingSince, historyReport, readHistory, runsBefore } from "./history.ts";
import type { RunResult } from "./result.ts";
import { failingRun, knownBugRun, passingRun, skippedRun } from "./testing/samples.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "history-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const day = (number: number) => `2026-11-${String(number).padStart(2, "0")}T10:00:00.000Z`;
const digest = (result: RunResult, label?: string) => digestOf(result, label);

test("each run is a line, and a line that was cut off is passed over", async () => {
  const file = join(directory, "runs", "history.jsonl");
  const reporter = historyReport.ofResult({ history: file, others: [] });
  const told = (result: RunResult) =>
    reporter?.on({ type: "run-finished", result, out: directory, consoles: [] });
  expect(await readHistory(file)).toEqual([]);
  await told(passingRun());
  appendFileSync(file, '{"schema":1,"scen\n');
  const failed = { ...failingRun(), started: day(23) };
  await told(failed);
  await appendDigests(file, [digest(failed), digest(passingRun())]);
  await told({ ...failed, started: day(24), exitStatus: 130 });
  const skipped = { ...skippedRun(), started: day(25) };
  await told(skipped);
  expect(await readHistory(file)).toEqual([
    ...[digest(passingRun()), digest(failed)],
    digest(skipped),
  ]);
});

test("a run is compared with those before it that ran the same in the same way", () => {
  const history = [
    passingRun({ started: day(3) }),
    passingRun({ started: day(1) }),
    passingRun({ started: day(2), accelerator: "kvm" }),
    passingRun({ started: day(2), scenario: "smoke" }),
    passingRun({ started: day(30) }),
    passingRun({ started: day(5), verdict: "skip" }),
  ].map((run) => digest(run));
  const otherKernel = digest(passingRun({ started: day(4) }), "6.12");
  const beside = digest(passingRun({ started: day(4), jobs: 2 }));
  const all = [...history, otherKernel, beside];
  const dates = (run: RunResult) => runsBefore(all, digest(run)).map(({ started }) => started);
  expect(dates(passingRun({ started: day(10) }))).toEqual([day(1), day(3), day(4)]);
  // Of those with as many others beside them there are to be as many, for only they say what times were.
  const two = (run: RunResult, most: number) =>
    runsBefore(all, digest(run), most).map(({ started }) => started);
  expect(two(passingRun({ started: day(10) }), 1)).toEqual([day(3), day(4)]);
  expect(two(passingRun({ started: day(10), jobs: 2 }), 1)).toEqual([day(4)]);
});

test("a run with a seed is compared with those of the same seeds, of which all attempts have one", () => {
  const attempt = (seed: number) => ({
    ...{ verdict: "pass" as const, exitStatus: 0, started: day(1), durationMs: 1 },
    ...{ directory: `run-${seed}`, problems: [], seed },
  });
  const searched = { seed: 2, attempts: [attempt(1), attempt(2)] };
  const history = [
    passingRun({ started: day(1) }),
    passingRun({ started: day(2), seed: 2 }),
    passingRun({ started: day(3), ...searched }),
  ].map((run) => digest(run));
  const dates = (change: Partial<RunResult>) =>
    runsBefore(history, digest(passingRun({ started: day(9), ...change }))).map(
      ({ started }) => started,
    );
  expect(dates({})).toEqual([day(1)]);
  expect(dates({ seed: 2 })).toEqual([day(2)]);
  expect(dates({ seed: 3 })).toEqual([]);
  expect(dates(searched)).toEqual([day(3)]);
});

test("a failure is as old as the first run of an unbroken row that failed alike", () => {
  const failing = (started: string, change: Partial<RunResult> = {}) =>
    digest({ ...failingRun(), started, ...change });
  const other = { phase: "boot", message: "panic", excerpt: [] };
  const history = [
    failing(day(1)),
    digest(passingRun({ started: day(2) })),
    failing(day(3), { failure: other }),
    failing(day(4)),
    failing(day(5)),
  ];
  expect(failingSince(history, failing(day(6)))).toBe(day(4));
  expect(failingSince([], failing(day(6)))).toBe(day(6));
  // In a night in which it was skipped, nobody looked.
  const skipped = digest({ ...skippedRun(), started: day(5) });
  expect(failingSince([...history, skipped], failing(day(6)))).toBe(day(4));
  // On another kernel it may well pass.
  const elsewhere = digest(passingRun({ started: day(5) }), "6.12");
  expect(failingSince([...history, elsewhere], failing(day(6)))).toBe(day(4));
});

test("numbers and addresses do not make another failure, another check does", () => {
  const run = failingRun();
  const message =
    "host VM: oops: Unable to handle kernel NULL pointer dereference at 0xffff800081234567";
  const again = { ...run, failure: { phase: "Ping 60 times", message, excerpt: [] } };
  const same = { ...run, failure: { phase: "Ping 50 times", message, excerpt: [] } };
  const first = fingerprintOf(run);
  expect(first).toMatch(/^[0-9a-f]{12}$/);
  expect(fingerprintOf(same)).toBe(first);
  const laid = { ...same.failure, message: message.replace(": Unable", ":\n\t  \u{1b}[31mUnable") };
  expect(fingerprintOf({ ...same, failure: laid })).toBe(first);
  expect(fingerprintOf(again)).not.toBe(first);
  expect(fingerprintOf({ ...run, checks: [] })).not.toBe(first);
  expect(fingerprintOf(passingRun())).toBeUndefined();
  expect(fingerprintOf(knownBugRun())).toBeUndefined();
});

test("a flaky run is named by how it failed at first", () => {
  const attempt = { started: day(1), durationMs: 1, directory: "attempt-1" };
  const flaky = (problem: string) =>
    passingRun({
      verdict: "flaky",
      attempts: [
        { ...attempt, verdict: "fail", exitStatus: 1, problems: [problem] },
        { ...attempt, verdict: "pass", exitStatus: 0, problems: [] },
      ],
    });
  const name = fingerprintOf(flaky("ping: 3 of 50 lost"));
  expect(name).toMatch(/^[0-9a-f]{12}$/);
  expect(fingerprintOf(flaky("ping: 7 of 50 lost"))).toBe(name);
  expect(fingerprintOf(flaky("boot: panic"))).not.toBe(name);
});
