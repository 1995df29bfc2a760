// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { merge } from "./merge.ts";
import type { RunResult } from "./result.ts";
import type { ShardPlan } from "./shard.ts";
import { failingRun, passingRun } from "./testing/samples.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "completeness-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const skipped = (scenario: string): RunResult => {
  const checks = passingRun().checks.map((check) => ({ ...check, status: "skip" as const }));
  return { ...passingRun({ scenario, verdict: "skip", checks }), skipped: "no num_submap" };
};
const passed = (scenario: string) => passingRun({ scenario });

/** What a part leaves that is one of one, unless told otherwise. */
function part(results: readonly RunResult[], plan: Partial<ShardPlan> = {}): void {
  const whole: ShardPlan = {
    ...{ schema: 1, label: "pinned", shard: { index: 1, count: 1 }, expectedSkips: [] },
    ...{ scenarios: results.map(({ scenario }) => scenario), ...plan },
  };
  const directory = join(root, `${whole.label}-${whole.shard.index}`);
  mkdirSync(directory);
  writeFileSync(join(directory, "shard.json"), JSON.stringify(whole));
  for (const result of results) {
    mkdirSync(join(directory, result.scenario));
    writeFileSync(join(directory, result.scenario, "result.json"), JSON.stringify(result));
  }
}

const night = (scenarios: string[], labels = ["pinned"]) => ({ night: { labels, scenarios } });

describe("a night that is empty is red", () => {
  test("each scenario was skipped", async () => {
    part([skipped("a"), skipped("b")]);
    const merged = await merge([root], night(["a", "b"]));
    expect(merged).toMatchObject({ exitStatus: 125, turnout: "0 of 2 runs were made" });
    expect(merged.missing).toEqual([
      "a of pinned was skipped, and is expected to run: no num_submap",
      "b of pinned was skipped, and is expected to run: no num_submap",
    ]);
  });

  test("parts set out to do nothing", async () => {
    part([]);
    const merged = await merge([root], night(["a"]));
    expect(merged).toMatchObject({
      exitStatus: 125,
      missing: ["a of pinned: in none of the parts"],
    });
  });

  test("parts had fewer scenarios than there are", async () => {
    part([passed("a")]);
    part([passed("b")], { label: "6.12" });
    const merged = await merge([root], night(["a", "b"], ["pinned", "6.12"]));
    expect(merged.missing).toEqual([
      "a of 6.12: in none of the parts",
      "b of pinned: in none of the parts",
    ]);
    expect(merged).toMatchObject({ exitStatus: 125, turnout: "2 of 4 runs were made" });
  });

  test("a scenario passed, and nothing in it was judged", async () => {
    part([{ ...passed("a"), checks: skipped("a").checks }]);
    const merged = await merge([root]);
    expect(merged.missing).toEqual(["a of pinned passed, and not one of its checks was judged"]);
    expect(merged.exitStatus).toBe(125);
  });
});

test("of a part that is gone only the part is told, and not each of its scenarios", async () => {
  part([passed("a")], { shard: { index: 1, count: 2 } });
  const merged = await merge([root], night(["a", "b"]));
  expect(merged.missing).toEqual(["shard 2/2 of pinned left nothing"]);
});

describe("skips that are expected", () => {
  test("are no fault, and do not count among what was to be run", async () => {
    part([passed("a"), skipped("b")], { expectedSkips: ["b", "elsewhere"] });
    const merged = await merge([root], night(["a", "b"]));
    expect(merged).toMatchObject({
      ...{ exitStatus: 0, missing: [], news: [] },
      turnout: "1 of 1 runs were made, 1 skipped as expected",
    });
  });

  test("and do not come are news, and no fault", async () => {
    part([passed("a"), passed("b")], { expectedSkips: ["b"] });
    const merged = await merge([root], night(["a", "b"]));
    expect(merged).toMatchObject({ exitStatus: 0, missing: [], turnout: "2 of 2 runs were made" });
    expect(merged.news).toEqual([
      "b of pinned ran, and is expected to be skipped: strike it off the list",
    ]);
  });

  test("are those of their own label alone", async () => {
    part([skipped("a")], { expectedSkips: ["a"], label: "6.12" });
    part([skipped("a")]);
    expect((await merge([root])).missing).toEqual([
      "a of pinned was skipped, and is expected to run: no num_submap",
    ]);
  });
});

test("a failure that was seen says more than a skip that was not expected", async () => {
  part([skipped("a"), { ...failingRun(), scenario: "b" }]);
  expect((await merge([root])).exitStatus).toBe(1);
});

test("where nobody says what is expected, a skip is what it was", async () => {
  const scenarios = ["a"];
  part([skipped("a")], { scenarios, expectedSkips: undefined });
  const merged = await merge([root]);
  expect(merged).toMatchObject({ exitStatus: 0, missing: [], turnout: undefined });
});

test("one part alone does not miss the others", async () => {
  part([passed("a")], { shard: { index: 2, count: 3 } });
  expect(await merge([root], { onePart: true })).toMatchObject({ missing: [], exitStatus: 0 });
});
