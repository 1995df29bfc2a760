// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { digestOf } from "../../report/compare.ts";
import { passingRun } from "../../report/testing/samples.ts";
import { lastFailed, ofShard, parseShard } from "./shard.ts";

test("shards together have each scenario once, whatever their number", () => {
  const names = ["a", "b", "c", "d", "e"];
  for (const count of [1, 2, 3, 7]) {
    const shards = Array.from({ length: count }, (_, at) =>
      ofShard(names, { index: at + 1, count }),
    );
    expect(shards.flat().sort()).toEqual(names);
    const sizes = shards.map((shard) => shard.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  }
});

test("a shard is told as 1/3, from the first to the last", () => {
  expect(parseShard("1/3")).toEqual({ index: 1, count: 3 });
  expect(parseShard("3/3")).toEqual({ index: 3, count: 3 });
});

test.each(["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/5"])("%s is no shard", (text) => {
  expect(() => parseShard(text)).toThrow("expected --shard as INDEX/COUNT");
});

test("only the last run of a scenario says whether it failed", () => {
  const run = (
    scenario: string,
    day: number,
    verdict: "pass" | "fail" | "flaky" | "error" | "skip",
  ) => digestOf(passingRun({ scenario, verdict, started: `2026-11-0${day}T00:00:00.000Z` }));
  const history = [
    ...[run("mended", 1, "fail"), run("mended", 2, "pass")],
    ...[run("broken", 3, "error"), run("broken", 1, "pass"), run("broken", 4, "skip")],
    ...[run("good", 1, "pass"), run("shaky", 1, "flaky"), run("newer", 1, "skip")],
    // Of two that began at once, the one that was written down later.
    ...[run("twice", 1, "fail"), run("twice", 1, "pass")],
  ];
  expect([...lastFailed(history)].sort()).toEqual(["broken", "shaky"]);
});
