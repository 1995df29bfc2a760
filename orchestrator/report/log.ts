// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { destination, pino } from "pino";
import type { Reporter } from "./events.ts";

/** Writes run.log: every event as a line of JSON with its time, for machines and for hard cases. */
export function logReporter(out: string): Reporter {
  const logger = pino(
    { base: null },
    destination({ dest: join(out, "run.log"), append: false, sync: true, mkdir: true }),
  );
  return {
    name: "run.log",
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
