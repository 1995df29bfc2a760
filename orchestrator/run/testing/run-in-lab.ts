// SPDX-License-Identifier: MIT
import type { Artifacts } from "../../artifacts.ts";
import type { RunResult } from "../../report/result.ts";
import type { Plan } from "../../scenario/plan.ts";
import type { RunRequest } from "../request.ts";
import { runPlan } from "../run.ts";

/** Runs a plan with two real VMs for a test, which may say otherwise in `more`. A fault of a reporter fails the test. */
export function runInLab(
  plan: Plan,
  out: string,
  artifacts: Artifacts,
  more: Partial<RunRequest> = {},
): Promise<RunResult> {
  return runPlan({
    plan,
    out,
    // Other processes of the tests may still be at work.
    timeoutScale: 2,
    provision: async () => artifacts,
    reporters: [],
    signal: new AbortController().signal,
    complain: (text) => {
      throw new Error(text);
    },
    ...more,
  });
}
