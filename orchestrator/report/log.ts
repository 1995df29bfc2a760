// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { destination, pino } from "pino";
import type { Reporter } from "./events.ts";
import type { Report } from "./report.ts";

const name = "run.log";

/** Every event as a line of JSON with its time, for machines and for hard cases. */
export const logReport = {
  files: [name],
  ofRun: ({ out }) => logReporter(out),
} satisfies Report;

function logReporter(out: string): Reporter {
  const logger = pino(
    { base: null },
    destination({ dest: join(out, name), append: false, sync: true, mkdir: true }),
  );
  return {
    name,
    on: (event) => {
      if (event.type === "run-finished") {
        const { verdict, exitStatus, failure } = event.result;
        logger.info({ type: event.type, verdict, exitStatus, failure });
      } else if (event.type === "step-failed") {
        logger.error(event);
      } else {
        logger.info(event);
      }
    },
  };
}
