// SPDX-License-Identifier: MIT
import { capturesReport } from "./captures.ts";
import type { Reporter } from "./events.ts";
import { historyReport } from "./history.ts";
import { htmlReport } from "./html.ts";
import { jsonReport } from "./json.ts";
import { junitReport } from "./junit.ts";
import { ktapReport } from "./ktap.ts";
import { logReport } from "./log.ts";
import { mailReport } from "./mail.ts";
import type { Memory, Report, RunSettings } from "./report.ts";
import { timeLineReport } from "./trace-time-line.ts";

/** Every report beside the terminal's. A new one is a file of its own and a line here. */
const reports: readonly Report[] = [
  jsonReport,
  junitReport,
  ktapReport,
  mailReport,
  htmlReport,
  historyReport,
  logReport,
  timeLineReport,
  capturesReport,
];

const ofResult = reports.flatMap((report) => ("ofResult" in report ? report : []));
const ofRun = reports.flatMap((report) => ("ofRun" in report ? report : []));

/** Names of all files that reports leave in a run's directory. */
export const reportFiles: readonly string[] = reports.flatMap(({ files }) => files);

/** Those that tell of a result, be it of one run or of several. */
export function resultReporters(memory: Memory): Reporter[] {
  const others = ofResult.flatMap(({ files }) => files);
  return ofResult.flatMap((report) => report.ofResult({ ...memory, others }) ?? []);
}

/** Those that tell of a single run. */
export function runReporters(settings: RunSettings): Reporter[] {
  return ofRun.flatMap((report) => report.ofRun(settings) ?? []);
}
