// SPDX-License-Identifier: MIT
//
// The n-th allocation of a task fails, for n = 1, 2, 3 ... until all of them had their turn: Documentation/fault-injection/fault-injection.rst.
import * as z from "zod";
import { GuestError } from "../lab/errors.ts";
import { word } from "../scenario/kernel-module.ts";
import { machineField } from "../scenario/topology/graph-names.ts";
import { measure } from "./measure.ts";
import { defineStep, type GuestCommand, inGuest } from "./step-kind.ts";

/** What came of one try. */
export interface FailNthAttempt {
  readonly n: number;
  /** Exit status of the command. */
  readonly status: number;
  /** Whether there was an n-th allocation, which failed. */
  readonly failed: boolean;
}

export interface FailNthEvidence {
  readonly attempts: readonly FailNthAttempt[];
  /** The last try had no allocation left to fail: each had its turn. */
  readonly complete: boolean;
}

/** Where nothing is said of how many, and allocations do not come to an end. */
const tries = 1000;

const command = z.string().min(1);

const schema = z.strictObject({
  on: machineField("The guest in which it runs."),
  run: command.describe(
    "What is to meet the failure, in a shell that itself does it: `echo x > FILE`. What programs that it starts do is let alone.",
  ),
  before: command.optional().describe("What is done before each try; it has to succeed."),
  after: command
    .optional()
    .describe(
      "What is done after each try, however that ended, such as undoing it; it has to succeed.",
    ),
  module: word
    .optional()
    .describe(
      "Only allocations that code of this module makes, directly or through others, are counted; it has to be loaded.",
    ),
  from: z.int().min(1).default(1).describe("The first n."),
  most: z
    .int()
    .min(1)
    .max(tries)
    .optional()
    .describe(
      `Tries at most, where the first ones are enough; without it ${tries}, and if that does not let each allocation have its turn, the step has failed.`,
    ),
});
type Params = z.output<typeof schema>;

/** A line for each try: `try N STATUS LEFT`, with what is left of the count; nothing where reading that met the failure. */
export function failNthScript(params: Params): string {
  const { run, before = ":", after = ":", module, from, most = tries } = params;
  return `cd /sys/kernel/debug
[ -d failslab ] || { echo "this kernel has no failslab in debugfs" >&2; exit 1; }
${
  module === undefined
    ? "start=0 end=0xffffffffffffffff"
    : `line=$(grep '^${module.replaceAll("-", "_")} ' /proc/modules) || { echo "the module ${module} is not loaded" >&2; exit 1; }
read -r _ size _ _ _ start _ <<< "$line"
end=$(printf '0x%x' $((start + size)))`
}
for what in failslab fail_page_alloc; do
  echo N > $what/ignore-gfp-wait
  echo 0 > $what/verbose
  echo 32 > $what/stacktrace-depth
  echo $start > $what/require-start
  echo $end > $what/require-end
done
# Copies from and to user space would be counted as well, the shell's own among them: none is asked for by code that lies there.
if [ -d fail_usercopy ]; then
  echo 1 > fail_usercopy/require-start
  echo 2 > fail_usercopy/require-end
  echo 32 > fail_usercopy/stacktrace-depth
fi
echo N > fail_page_alloc/ignore-gfp-highmem
echo 0 > fail_page_alloc/min-order
meet() {
${run}
}
export -f meet
n=${from}
while [ $n -lt ${from + most} ]; do
  ( ${before}
  ) || { echo "what is done before try $n failed" >&2; exit 1; }
  said=$(bash -c 'echo '$n' > /proc/self/fail-nth; meet; status=$?; left=; read -r left < /proc/self/fail-nth; echo 0 > /proc/self/fail-nth; printf "\\ntry %s %s %s\\n" '$n' $status "$left"')
  ended=$?
  echo "$said"
  case $said in *"try $n "*) ;; *) echo "try $n did not come to its end: its shell ended with status $ended" >&2; exit 1;; esac
  ( ${after}
  ) || { echo "what is done after try $n failed" >&2; exit 1; }
  n=$((n + 1))
  case $said in *" 0") ;; *) exit 0;; esac
done`;
}

function firstLine(script: string): string {
  return script.trim().split("\n", 1)[0] ?? "";
}

function commandOf(params: Params): GuestCommand {
  const what = "failing allocations one after the other";
  return { on: params.on, what, script: failNthScript(params) };
}

export function parseAttempts(text: string): FailNthAttempt[] {
  return [...text.matchAll(/^try (\d+) (\d+) ?(\d*)$/gm)].map(([, n, status, left]) => ({
    n: Number(n),
    status: Number(status),
    failed: left === "0",
  }));
}

export const failNth = defineStep({
  kind: "fail-nth",
  summary:
    "makes the first allocation of a command's fail, then the second, and so on, until each had its turn",
  schema,
  limitMs: ({ most = tries }) => 20_000 + most * 2000,
  title: ({ on, run }) => `Fail allocations on the ${on}: ${firstLine(run)}`,
  needs: ({ on }) => ({
    [on]: [
      ...["CONFIG_FAILSLAB", "CONFIG_FAIL_PAGE_ALLOC", "CONFIG_FAULT_INJECTION_DEBUG_FS"],
      // Without it whose code asks is not looked at.
      "CONFIG_FAULT_INJECTION_STACKTRACE_FILTER",
    ],
  }),
  commands: (params) => [commandOf(params)],
  run: async (params, context): Promise<FailNthEvidence> => {
    const attempts = parseAttempts(await inGuest(context, commandOf(params)));
    if (!attempts.some(({ failed }) => failed)) {
      throw new GuestError(
        `no allocation was made to fail: ${firstLine(params.run)} made none, or none that code of ${params.module ?? "the kernel"} asked for in the shell's own task`,
      );
    }
    return { attempts, complete: attempts.at(-1)?.failed === false };
  },
  failure: ({ attempts, complete }, { most }) =>
    complete || most !== undefined
      ? undefined
      : {
          message: `there are more allocations than the ${attempts.length} that were tried`,
          lines: [],
        },
  measures: [
    measure(
      "fail_nth.failed",
      "1",
      "none",
      "allocations that were made to fail, one a try",
      ({ attempts }: FailNthEvidence) => attempts.filter(({ failed }) => failed).length,
    ),
  ],
});
