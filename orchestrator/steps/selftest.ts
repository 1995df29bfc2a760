// SPDX-License-Identifier: MIT
import * as z from "zod";
import { parseNtbTest } from "../ktap/ntb-test.ts";
import { parseKtap } from "../ktap/parse.ts";
import { resultLines, type TestReport } from "../ktap/tree.ts";
import { type Ending, endingOf } from "../lab/ending.ts";
import { DeadlineError } from "../lab/errors.ts";
import { quoted } from "../lab/shell-line.ts";
import { machineField } from "../scenario/topology/graph-names.ts";
import { mayFail } from "./failure.ts";
import { defineStep, type GuestCommand, type StepContext } from "./step-kind.ts";
import { strict } from "./strict.ts";

const parsers = {
  /** TAP 13 or KTAP 1, as kselftests and KUnit print it. */
  ktap: parseKtap,
  /** What ntb_test.sh prints. */
  "ntb-test": parseNtbTest,
} as const satisfies Record<string, (text: string) => TestReport>;

/** How the program ended; without a status or a signal it was killed by the deadline, after `ms`. */
export interface SelftestEvidence extends Ending {
  readonly format: keyof typeof parsers;
  readonly report: TestReport;
  readonly ms: number;
}

const schema = z.strictObject({
  on: machineField("The guest in which it runs."),
  run: z
    .string()
    .min(1)
    .describe(
      "A command that runs the program; its standard error is read, too. bash ends it at the first part that fails (`set -e`, `pipefail`).",
    ),
  format: z
    .enum(["ktap", "ntb-test"])
    .default("ktap")
    .describe("How it reports: KTAP 1 or TAP 13, or as ntb_test.sh does."),
  title: z.string().min(1).optional().describe("The program's name for reports."),
  "may-fail": mayFail,
});
type Params = z.output<typeof schema>;

const limitMs = 60_000;
/** The guest itself kills the program; the lab waits a moment longer, for one that cannot be killed. */
const graceMs = 3000;
/** Status, of no program's own, with which the guest says that it had to. */
const overdue = 199;
const tooLong: Ending = { status: undefined };

function command(params: Params, ms: number): GuestCommand {
  const seconds = Math.max(1, Math.round((ms - graceMs) / 1000));
  return {
    on: params.on,
    what: "the test program",
    // timeout(1) kills itself, too; and who else kills the program, such as the kernel for want of memory, does it no later.
    script: `exec 2>&1
timeout -s KILL ${seconds} bash -c ${quoted(strict(params.run))}
status=$?
[ $status != 137 ] || [ $SECONDS -lt ${seconds} ] || exit ${overdue}
exit $status`,
  };
}

async function run(params: Params, context: StepContext): Promise<SelftestEvidence> {
  const { on, script, what } = command(params, context.limitMs);
  const began = performance.now();
  let output = "";
  let rest = "";
  const onOutput = (text: string) => {
    output += text;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    const last = lines.findLast((line) => line.trim() !== "");
    if (last !== undefined) context.progress(last.trim());
  };
  const ended = await context.lab
    .vm(on)
    .ssh.run(script, { ms: context.limitMs, what, signal: context.lab.signal, onOutput })
    .then(({ status, signal }): Ending => (status === overdue ? tooLong : { status, signal }))
    .catch((error: unknown) => {
      // What has been printed until the deadline tells which test hangs. A run that is over is another matter.
      if (!(error instanceof DeadlineError) || context.lab.signal.aborted) throw error;
      return tooLong;
    });
  const ms = performance.now() - began;
  return { format: params.format, report: parsers[params.format](output), ...ended, ms };
}

export const selftest = defineStep({
  kind: "selftest",
  summary: "runs a test program in a guest and reads its TAP, for a `selftest` check",
  schema,
  limitMs: () => limitMs,
  title: ({ on, run, title }) => `${on}: test program ${title ?? run.trim().split(/\s/)[0]}`,
  commands: (params) => [command(params, limitMs)],
  run,
  failure: ({ report, ...ending }, params) => {
    if (params["may-fail"]) return undefined;
    const failed = resultLines(report).filter(({ line }) => !line.ok && !line.directive);
    if (ending.status === 0 && failed.length === 0 && report.tests.length > 0) return undefined;
    const lines = failed.map(({ path }) => `not ok ${path.join(".")}`);
    return {
      message: `the program ${endingOf(ending)}, ${failed.length} of ${report.tests.length} tests failed`,
      lines,
    };
  },
});
