// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { logReport } from "./log.ts";
import { failingRun } from "./testing/samples.ts";

test("every event is a line of JSON, also in a directory that is not there yet", () => {
  const root = mkdtempSync(join(tmpdir(), "log-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const out = join(root, "attempt-1");
  const reporter = logReport.ofRun({ out, trace: false, pcap: false, say: () => {} });
  reporter.on({ type: "note", text: "two\nlines" });
  reporter.on({ type: "step-failed", id: "a", title: "A", durationMs: 1, message: "why" });
  reporter.on({ type: "run-finished", result: failingRun(), out, consoles: [] });
  const lines = readFileSync(join(out, "run.log"), "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 30, type: "note", text: "two\nlines" },
    { level: 50, type: "step-failed", message: "why" },
    { level: 30, type: "run-finished", verdict: "fail", exitStatus: 1 },
  ]);
});
