// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { passingRun } from "./testing/samples.ts";
import { timeLineReport } from "./trace-time-line.ts";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "time-line-"));
});
afterEach(() => rmSync(out, { recursive: true }));

test("events of two VMs, one of which was restarted, consoles and steps come in the order of time", async () => {
  const started = "2026-11-01T00:00:00.000Z";
  const at = (seconds: number) => (Date.parse(started) / 1000 + seconds).toFixed(6);
  const trace = (name: string, ...lines: string[]) =>
    writeFileSync(join(out, name), lines.map((line) => `${line}\n`).join(""));
  trace("endpoint-trace.9.log", `9@${at(1.5)}:dwc_edma_doorbell write 0: link 0`, "not an event");
  // A driver that polls.
  const polled = [2.25, 2.26, 2.27].map((seconds) => `10@${at(seconds)}:dwc_function_read BAR 0`);
  trace("host-trace.10.log", ...polled);
  trace("host-trace.2.log", `2@${at(3)}:dwc_function_presence present 1`);
  const step = { id: "a", kind: "ping", title: "Ping", status: "done" as const };
  const result = {
    ...passingRun(),
    started,
    phases: [{ name: "boot", startMs: 500, durationMs: 500 }],
    steps: [{ ...step, startMs: 1000, durationMs: 1600 }],
  };
  const said: string[] = [];
  const lines = [{ atMs: 2500, text: "[ 1.0] hello" }];
  const say = (text: string) => void said.push(text);
  await timeLineReport.ofRun({ out, trace: true, pcap: false, say })?.on({
    type: "run-finished",
    ...{ result, out },
    consoles: [{ role: "host", file: join(out, "host-console.log"), lines }],
  });
  const file = join(out, "time-line.txt");
  expect(readFileSync(file, "utf8").split("\n")).toEqual([
    "# seconds since boot, by the wall clock; a console's lines have the time at which the lab read them",
    "   0.500000  lab       step     Ping ...",
    "   1.000000  endpoint  device   dwc_edma_doorbell write 0: link 0",
    "   1.750000  host      device   dwc_function_read BAR 0 (3 times)",
    "   2.000000  host      console  [ 1.0] hello",
    "   2.100000  lab       step     Ping: done",
    "   2.500000  host      device   dwc_function_presence present 1",
    "",
  ]);
  expect(said).toEqual([`time line: ${file} (5 trace events)`]);
});
