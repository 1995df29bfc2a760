// SPDX-License-Identifier: MIT
import type { Reporter } from "../report/events.ts";
import { historyReporter } from "../report/history.ts";
import { type HtmlOptions, htmlReporter } from "../report/html.ts";
import { jsonReporter } from "../report/json.ts";
import { junitReporter } from "../report/junit.ts";
import { ktapReporter } from "../report/ktap.ts";
import { mailReporter } from "../report/mail.ts";

/** What reports are compared with, and where the outcome is remembered. */
export type ReportFiles = HtmlOptions;

/** Every report that is a file. A new one is a line here. */
export function fileReporters(files: ReportFiles): Reporter[] {
  return [
    jsonReporter(),
    junitReporter(),
    ktapReporter(),
    mailReporter(),
    htmlReporter(files),
    ...(files.history === undefined ? [] : [historyReporter(files.history, files.label)]),
  ];
}
