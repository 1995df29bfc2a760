// SPDX-License-Identifier: MIT
import type { Reporter } from "./events.ts";
import { historyReporter } from "./history.ts";
import { type HtmlOptions, htmlReporter } from "./html.ts";
import { jsonReporter } from "./json.ts";
import { junitReporter } from "./junit.ts";
import { ktapReporter } from "./ktap.ts";
import { mailReporter } from "./mail.ts";

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
