// SPDX-License-Identifier: MIT
import { mkdirSync } from "node:fs";
import { relative } from "node:path";
import { provision } from "../provision/provision.ts";
import { htmlReporter } from "../report/html.ts";
import { jsonReporter } from "../report/json.ts";
import { junitReporter } from "../report/junit.ts";
import { logReporter } from "../report/log.ts";
import { terminalReporter } from "../report/terminal.ts";
import { UsageError } from "../run/errors.ts";
import { InterruptedError } from "../run/failure.ts";
import { runPlan } from "../run/run.ts";
import type { Plan } from "../scenario/plan.ts";

/** Runs a plan with all reporters. Ctrl-C ends the guests, then the program. */
export async function runOnTerminal(
  plan: Plan,
  out: string,
  timeoutScale: number,
): Promise<number> {
  try {
    mkdirSync(out, { recursive: true });
  } catch (cause) {
    throw new UsageError(`could not make the directory ${out}: ${String(cause)}`, { cause });
  }
  const cancel = new AbortController();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const handlers = signals.map((signal) => {
    const handler = () => cancel.abort(new InterruptedError(signal));
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  // A fault of this program must not leave guests behind either. Nor must a parent that was killed.
  const fault = (error: unknown) => cancel.abort(error);
  process.on("uncaughtException", fault);
  const orphaned = () => cancel.abort(new InterruptedError("SIGHUP"));
  process.on("disconnect", orphaned);
  process.channel?.unref();
  const near = relative(process.cwd(), out);
  try {
    const result = await runPlan({
      plan,
      out,
      timeoutScale,
      provision: (_plan, options) => provision({}, options),
      reporters: [
        terminalReporter({
          output: process.stdout,
          live: process.stdout.isTTY === true,
          columns: () => process.stdout.columns,
        }),
        logReporter(out),
        jsonReporter(),
        junitReporter(),
        htmlReporter(),
      ],
      signal: cancel.signal,
      complain: (text) => process.stderr.write(`${text} (${near})\n`),
    });
    return result.exitStatus;
  } finally {
    for (const remove of handlers) remove();
    process.off("uncaughtException", fault);
    process.off("disconnect", orphaned);
  }
}
