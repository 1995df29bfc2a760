// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { floorsOf, partOf, sourcesBelow, testsBelow } from "./mutants.ts";
import { belowFloor, mutantLines, readMutants, score } from "./mutants-report.ts";

const mutant = (status: string, line = 1) => ({
  ...{ mutatorName: "ConditionalExpression", replacement: "if (\n  true)", status },
  location: { start: { line, column: 7 }, end: { line, column: 9 } },
});
const report = {
  files: {
    "orchestrator/steps/ping.ts": { mutants: [mutant("Killed"), mutant("NoCoverage", 3)] },
    "orchestrator/checks/a.ts": { mutants: [mutant("Killed"), mutant("Timeout")] },
    "orchestrator/checks/b.ts": { mutants: [mutant("Survived", 8), mutant("Ignored")] },
  },
};

test("what no test told of stands with its place, and the scores by folder", () => {
  expect(mutantLines(readMutants(report))).toEqual([
    "orchestrator/steps/ping.ts:3:7 no unit test runs it: ConditionalExpression: if ( true)",
    "orchestrator/checks/b.ts:8:7 no test told: ConditionalExpression: if ( true)",
    "orchestrator/checks   66.7 %  2 of 3 mutants",
    "orchestrator/steps    50.0 %  1 of 2 mutants; 100.0 % of those that unit tests run, which 1 are not",
    "all                   60.0 %  3 of 5 mutants; 75.0 % of those that unit tests run, which 1 are not",
  ]);
  expect(score(readMutants(report).total)).toBe(60);
});

test("a floor is one of all, or of a folder with what is below it", () => {
  const found = readMutants(report);
  const below = (least: string) => belowFloor(found, floorsOf(least));
  expect(below("60,orchestrator/checks=66,orchestrator/steps=50,orchestrator=60")).toEqual([]);
  expect(below("61,orchestrator/checks=67,orchestrator/steps=50,orchestrator/bundle=90")).toEqual([
    "all: tests told of 60.0 %, expected 61 % at least",
    "orchestrator/checks: tests told of 66.7 %, expected 67 % at least",
  ]);
  for (const wrong of ["x", "", "101", "steps=", "steps=x", "=5", "5 0"]) {
    expect(() => floorsOf(wrong), wrong).toThrow("expected --least as PERCENT or FOLDER=PERCENT");
  }
  // It would be reached each time.
  expect(() => floorsOf("50,orchestrator/chekcs=90")).toThrow(
    "--least: there is no folder orchestrator/chekcs in the project",
  );
});

test("a report that is none is refused", () => {
  expect(() => readMutants({})).toThrow();
});

test("tests are named by their place in the project, all of which need no name", () => {
  const project = join(import.meta.dirname, "../../..");
  expect(testsBelow(import.meta.dirname)).toBe("orchestrator/cli/dev");
  expect(testsBelow(project)).toBeUndefined();
  for (const elsewhere of [join(project, ".."), join(project, "no-such")]) {
    expect(() => testsBelow(elsewhere)).toThrow(UsageError);
  }
});

describe("what is changed", () => {
  test("is source, and no test", () => {
    const files = sourcesBelow(import.meta.dirname);
    expect(files).toContain("orchestrator/cli/dev/mutants.ts");
    expect(files.filter((file) => file.includes("test.ts"))).toEqual([
      "orchestrator/cli/dev/test.ts",
    ]);
    expect(() => sourcesBelow("/nonexistent/folder")).toThrow(UsageError);
  });

  test("in parts is each file once", () => {
    const files = ["a", "b", "c", "d", "e"];
    const parts = [1, 2, 3].map((index) => partOf(files, `${index}/3`));
    expect(parts).toEqual([["a", "d"], ["b", "e"], ["c"]]);
    for (const none of ["0/3", "4/3", "1", "x/y", "1/0"])
      expect(() => partOf(files, none)).toThrow(UsageError);
  });
});
