// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventStream } from "./events.ts";
import { reportFiles, resultReporters, runReporters } from "./file-reporters.ts";
import { resultSchema } from "./result.ts";
import { consoles, failingRun, passingRun } from "./testing/samples.ts";

let out: string;
let complaints: string[];
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "reports-"));
  complaints = [];
});
afterEach(() => rmSync(out, { recursive: true }));

/** How long the processor was busy with it, in milliseconds. */
async function report(lines: number, result = passingRun()): Promise<number> {
  const history = join(out, "history.jsonl");
  const logs = consoles(lines);
  const events = new EventStream(resultReporters({ history }), (text) => complaints.push(text));
  const began = process.cpuUsage();
  events.emit({ type: "run-finished", result, out, consoles: logs });
  await events.settled();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

const files = [
  "history.jsonl",
  "junit.xml",
  "report.html",
  "result.json",
  "result.ktap",
  "summary.txt",
];

test("all reports of a run with 20,000 console lines take a second of the processor or less", async () => {
  await report(100);
  const times = [await report(20_000), await report(20_000), await report(20_000)];
  expect(readdirSync(out).sort()).toEqual(files);
  expect(complaints).toEqual([]);
  // The best of three: what else this process has to do counts, too.
  expect(Math.min(...times)).toBeLessThan(1000);
}, 30_000);

test("every report leaves the files that it declares, and no others: bundles go by that", async () => {
  const run = { out, trace: true, pcap: true, say: () => {} };
  const told = (text: string) => void complaints.push(text);
  const events = new EventStream([...resultReporters({}), ...runReporters(run)], told);
  const logs = consoles(5).map((log) => ({ ...log, file: join(out, `${log.role}-console.log`) }));
  events.emit({ type: "run-finished", result: failingRun(), out, consoles: logs });
  await events.settled();
  expect(complaints).toEqual([]);
  expect(readdirSync(out).sort()).toEqual([...reportFiles].sort());
});

test("result.json is what the schema says, and nothing of the run is lost in it", async () => {
  const result = failingRun();
  await report(10, result);
  const json: unknown = JSON.parse(readFileSync(join(out, "result.json"), "utf8"));
  expect(resultSchema.parse(json)).toEqual(result);
});

test.each(files)("if %s cannot be written, the others are, and it is said", async (name) => {
  mkdirSync(join(out, name));
  await report(10);
  const reporter = name === "history.jsonl" ? "history" : name;
  expect(complaints).toEqual([expect.stringMatching(`^the ${reporter} report failed: EISDIR`)]);
  for (const other of files.filter((one) => one !== name)) {
    expect(readFileSync(join(out, other), "utf8").length).toBeGreaterThan(10);
  }
});
