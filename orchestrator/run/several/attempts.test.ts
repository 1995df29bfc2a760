// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Reporter, RunEvent } from "../../report/events.ts";
import type { RunResult } from "../../report/result.ts";
import { failingRun, passingRun } from "../../report/testing/samples.ts";
import { InterruptedError } from "../variant/failure.ts";
import { attempts } from "./attempts.ts";

const broken = { ...passingRun(), verdict: "error" as const, exitStatus: 125 };
const refused = { ...passingRun(), verdict: "error" as const, exitStatus: 2 };

const consolesOf = (directory: string) => [{ role: "host", file: `${directory}/log`, lines: [] }];

/** Makes runs that end as told, one after the other. */
async function make(
  results: readonly RunResult[],
  {
    retries = 2,
    repeat = 1,
    atOnce = 1,
    failOnFlaky = false,
    signal = new AbortController().signal,
  } = {},
) {
  const directories: string[] = [];
  const kept: RunEvent[] = [];
  /** What reporters of each run heard, and what a person is told at the end. */
  const own: RunEvent[] = [];
  const terminal: RunEvent[] = [];
  const numbers: number[] = [];
  const hears = (name: string, events: RunEvent[]): Reporter => ({
    ...{ name, on: (event) => void events.push(event) },
  });
  const result = await attempts({
    ...{ out: "/out", retries, repeat, atOnce, failOnFlaky, signal },
    complain: (text) => {
      throw new Error(text);
    },
    runOnce: async (directory, reporters, _signal, number) => {
      const next = results[directories.length];
      if (!next) throw new Error("one run too many");
      directories.push(directory);
      numbers.push(number);
      const finished = { result: next, out: directory, consoles: consolesOf(directory) };
      for (const reporter of reporters) {
        await reporter.on({ type: "run-finished", ...finished });
        await reporter.on({ type: "note", text: "written" });
      }
      return next;
    },
    reporters: (of) => [of ? hears("kept", kept) : hears("own", own)],
    terminal: () => hears("terminal", terminal),
  });
  const lasting = kept.filter(({ type }) => type === "run-finished");
  return { result, directories, kept: lasting, own, terminal, numbers };
}

test("passed when made again is flaky, not passed, and every attempt is kept", async () => {
  const { result, directories, kept } = await make([failingRun(), broken, passingRun()]);
  expect(result).toMatchObject({ verdict: "flaky", exitStatus: 0 });
  expect(result.attempts?.map(({ verdict, directory }) => [verdict, directory])).toEqual([
    ["fail", "attempt-1"],
    ["error", "attempt-2"],
    ["pass", "attempt-3"],
  ]);
  expect(result.attempts?.[0]?.problems[0]).toContain("Ping 50 times: host VM: oops");
  expect(directories).toEqual([1, 2, 3].map((number) => join("/out", `attempt-${number}`)));
  const last = consolesOf("/out/attempt-3");
  expect(kept).toEqual([{ type: "run-finished", result, out: "/out", consoles: last }]);
});

test("flaky fails where a person says so", async () => {
  const { result } = await make([failingRun(), passingRun()], { failOnFlaky: true });
  expect(result).toMatchObject({ verdict: "flaky", exitStatus: 1 });
});

test("passed at once is passed", async () => {
  const { result, directories } = await make([passingRun()]);
  expect(result).toMatchObject({ verdict: "pass", exitStatus: 0 });
  expect(directories).toHaveLength(1);
});

test("never passed is what the last attempt was", async () => {
  const { result } = await make([broken, failingRun()], { retries: 1 });
  expect(result).toMatchObject({ verdict: "fail", exitStatus: 1 });
  expect(result.attempts).toHaveLength(2);
});

test("bad input is not tried again, nor is a run that was interrupted", async () => {
  expect((await make([refused])).directories).toHaveLength(1);
  const cancel = new AbortController();
  cancel.abort(new Error("interrupted"));
  expect((await make([failingRun()], { signal: cancel.signal })).directories).toHaveLength(1);
});

test("several runs that somebody ends between two have not passed", async () => {
  const signal = AbortSignal.abort(new InterruptedError("SIGINT"));
  const { result, directories } = await make([passingRun()], { retries: 0, repeat: 3, signal });
  expect(result).toMatchObject({
    ...{ verdict: "error", exitStatus: 130 },
    failure: { message: "interrupted by SIGINT" },
  });
  expect(directories).toHaveLength(1);
  const all = await make([passingRun()], { retries: 1, signal });
  expect(all.result).toMatchObject({ verdict: "pass", exitStatus: 0 });
});

test("several runs of which somebody ended one are not flaky", async () => {
  const interrupted = { ...broken, exitStatus: 130 };
  const { result } = await make([passingRun(), interrupted], { retries: 0, repeat: 2 });
  expect(result).toMatchObject({ verdict: "error", exitStatus: 130 });
});

test("a run that could not be judged beside others that passed is an error, not flaky", async () => {
  const { result } = await make([passingRun(), broken, passingRun()], { retries: 0, repeat: 3 });
  expect(result).toMatchObject({ verdict: "error", exitStatus: 125 });
});

test("of several runs the one that failed is shown, whatever could not be judged before it", async () => {
  const { result } = await make([broken, failingRun()], { retries: 0, repeat: 2 });
  expect(result).toMatchObject({ verdict: "fail", exitStatus: 1, failure: failingRun().failure });
});

test("without retries a run's files are in the directory itself", async () => {
  const { directories, kept, result } = await make([failingRun()], { retries: 0 });
  expect(directories).toEqual(["/out"]);
  expect(kept).toHaveLength(1);
  expect(result.attempts).toBeUndefined();
});

test("of several runs all are to pass; the result is that of the first one that did not, with the samples of all", async () => {
  const metric = (value: number) => ({ name: "rtt", unit: "ms", samples: [value], median: value });
  const good = (value: number) => ({ ...passingRun(), metrics: [metric(value)] });
  const bad = { ...failingRun(), metrics: [metric(9)] };
  const made = [good(1), bad, broken, good(2)];
  const { result, directories, kept } = await make(made, { retries: 0, repeat: 4 });
  expect(result).toMatchObject({ verdict: "flaky", exitStatus: 1, failure: bad.failure });
  expect(result.metrics).toContainEqual({ ...metric(9), samples: [1, 9, 2], median: 2 });
  expect(result.attempts?.map(({ directory }) => directory)).toEqual(
    [1, 2, 3, 4].map((number) => `run-${number}`),
  );
  expect(directories).toHaveLength(4);
  expect(kept).toHaveLength(1);
});

test("several runs that all pass have passed, and bad input ends them", async () => {
  const { result } = await make([passingRun(), passingRun()], { retries: 0, repeat: 2 });
  expect(result).toMatchObject({ verdict: "pass", exitStatus: 0 });
  const seeded = [5, 6].map((seed) => ({ ...passingRun(), seed }));
  const searched = await make(seeded, { retries: 0, repeat: 2 });
  expect(searched.result.attempts?.map(({ seed }) => seed)).toEqual([5, 6]);
  const { directories } = await make([refused], { retries: 0, repeat: 3 });
  expect(directories).toHaveLength(1);
});

test("several runs at the same time: each begins once there is room, and the result is that of the first in their order", async () => {
  const begun: string[] = [];
  let open = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const results = [passingRun(), failingRun(), broken, passingRun()];
  const made = attempts({
    ...{ out: "/out", retries: 0, repeat: 4, atOnce: 2, failOnFlaky: false },
    signal: new AbortController().signal,
    complain: () => {},
    reporters: () => [],
    terminal: (): Reporter => ({ name: "terminal", on: () => {} }),
    runOnce: async (directory, _reporters, _signal, number, name) => {
      begun.push(`${name} ${directory}`);
      expect(name).toBe(`run-${number}`);
      most = Math.max(most, ++open);
      await new Promise<void>((resolve) => waiting.push(resolve));
      open--;
      return results[Number(name?.split("-")[1]) - 1] ?? broken;
    },
  });
  // Each time it is the younger one that ends first.
  while (begun.length < 4 || waiting.length > 0) {
    await new Promise(setImmediate);
    waiting.pop()?.();
  }
  const result = await made;
  expect(most).toBe(2);
  expect(begun).toEqual([1, 2, 3, 4].map((number) => `run-${number} /out/run-${number}`));
  expect(result).toMatchObject({ verdict: "flaky", exitStatus: 1 });
  expect(result.attempts?.map(({ verdict, directory }) => [directory, verdict])).toEqual([
    ...[
      ["run-1", "pass"],
      ["run-2", "fail"],
      ["run-3", "error"],
      ["run-4", "pass"],
    ],
  ]);
});

test("of runs at the same time, bad input lets those end that have begun, and begins no other", async () => {
  const { directories } = await make([refused, passingRun()], {
    ...{ retries: 0, repeat: 5, atOnce: 2 },
  });
  expect(directories).toHaveLength(2);
});

test("each of several runs is numbered, has its own reports, and a person is told of all of them at the end", async () => {
  for (const how of [{ retries: 1 }, { retries: 0, repeat: 2 }]) {
    const made = await make([failingRun(), failingRun()], how);
    expect(made.numbers).toEqual([1, 2]);
    expect(made.own.filter(({ type }) => type === "run-finished")).toHaveLength(2);
    const { result } = made;
    expect(made.terminal).toMatchObject([{ type: "run-finished", result, out: "/out" }]);
  }
  // Of a single one a person has just read.
  const { terminal, numbers, own } = await make([passingRun()], { retries: 1 });
  expect([terminal, numbers]).toEqual([[], [1]]);
  expect(own).not.toEqual([]);
});

test("of several that passed the last is shown, of others the first of the gravest, with its consoles", async () => {
  const run = (title: string, of = passingRun()) => ({ ...of, title });
  const good = await make([run("a"), run("b")], { retries: 0, repeat: 2 });
  expect(good.result.title).toBe("b");
  expect(good.kept).toMatchObject([{ consoles: consolesOf("/out/run-2") }]);
  const bad = [run("a"), run("b", failingRun()), run("c", failingRun())];
  const mixed = await make(bad, { retries: 0, repeat: 3 });
  expect(mixed.result.title).toBe("b");
  expect(mixed.kept).toMatchObject([{ consoles: consolesOf("/out/run-2") }]);
});

test("several runs of which one failed and somebody ended another are no flaky ones either", async () => {
  const interrupted = { ...broken, exitStatus: 130 };
  const made = [passingRun(), failingRun(), interrupted];
  const { result } = await make(made, { retries: 0, repeat: 3 });
  expect(result).toMatchObject({ verdict: "error" });
});

test("one run at a time has no name beside others", async () => {
  const names: unknown[] = [];
  await attempts({
    ...{ out: "/out", retries: 0, repeat: 2, atOnce: 1, failOnFlaky: false, reporters: () => [] },
    ...{ signal: new AbortController().signal, complain: () => {} },
    terminal: () => ({ name: "terminal", on: () => {} }),
    runOnce: async (...given) => {
      names.push(given[4]);
      return passingRun();
    },
  });
  expect(names).toEqual([undefined, undefined]);
});
