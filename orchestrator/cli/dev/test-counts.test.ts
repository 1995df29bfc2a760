// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { closingLine, countReport } from "./test.ts";

const report = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: [
    { status: "passed", assertionResults: [{ status: "passed" }] },
    { status: "failed", assertionResults: [{ status: "failed" }, { status: "passed" }] },
  ],
};

test("the closing line counts passed, failed and skipped tests", () => {
  expect(closingLine(countReport(report))).toBe("3 passed, 1 failed, 3 skipped");
});

test("a file that does not load counts as one failure", () => {
  const broken = { status: "failed", assertionResults: [] };
  const counts = countReport({ ...report, testResults: [...report.testResults, broken] });
  expect(counts.failed).toBe(2);
});
