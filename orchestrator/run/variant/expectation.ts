// SPDX-License-Identifier: MIT
import type { CheckResult } from "../../checks/findings.ts";
import type { Complaint } from "../../lab/errors.ts";
import type { Expectation as Told } from "../../report/result.ts";
import { type Expectation, inWords } from "../../scenario/expectation.ts";
import type { Failure } from "./bookkeeping.ts";

/** How a variant ended, before its expectation is looked at. */
export interface Ending {
  readonly failure: Failure | undefined;
  /** The name of the step in which it broke off, and what a kernel complained of. */
  readonly step: string | undefined;
  readonly complaint: Complaint | undefined;
  readonly checks: readonly CheckResult[];
  /** Exit status; what is neither 0 nor 1 says nothing of a bug. */
  readonly status: number;
}

/** The same, when what was to fail is no failure, and what was to fail and did not is one. */
export interface Judged extends Pick<Ending, "failure" | "checks" | "status"> {
  readonly told: Told | undefined;
}

/**
 * Holds a variant's end against `expect: fail`. It passes if all that is described has failed, and
 * nothing else; if nothing at all has failed, that is one more check, and it fails.
 */
export function judgeExpectation(expectation: Expectation | undefined, ending: Ending): Judged {
  const { failure, checks, status } = ending;
  if (!expectation) return { failure, checks, status, told: undefined };
  const { report } = expectation;
  const fails = inWords(expectation.fails);
  const head = { fails, ...(report === undefined ? {} : { report }) };
  const failed = checks.filter((check) => check.status === "fail");
  const expected = failed.filter((check) => isExpected(check, expectation, ending));
  const brokeOff = failure !== undefined && isExpectedEnd(expectation, ending);
  if (status === 1 && everythingCame(expectation, expected, brokeOff)) {
    const others = failed.length - expected.length;
    if (others === 0 && (failure === undefined || brokeOff)) {
      return {
        ...(failure ? { failure: { ...failure, expected: true } } : { failure }),
        checks: checks.map((check) =>
          expected.includes(check) ? { ...check, status: "xfail" as const } : check,
        ),
        status: 0,
        told: { ...head, met: true },
      };
    }
  }
  const told = { ...head, met: false };
  if (status !== 0) return { failure, checks, status, told };
  const see = report === undefined ? "" : `; see ${report}`;
  const unexpected: CheckResult = {
    id: "expected-failure",
    title: "the bug that this scenario describes still shows",
    status: "fail",
    measured: "nothing failed",
    expected: fails,
    unit: "",
    reason: `unexpectedly passes: expected to fail: ${fails}${see}`,
  };
  return { failure, checks: [...checks, unexpected], status: 1, told };
}

function everythingCame(
  { fails }: Expectation,
  expected: readonly CheckResult[],
  brokeOff: boolean,
): boolean {
  if (fails.check !== undefined && !expected.some(({ id }) => id === fails.check)) return false;
  return (fails.step === undefined && fails.console === undefined) || brokeOff;
}

function isExpectedEnd({ fails }: Expectation, { step, complaint, failure }: Ending): boolean {
  if (fails.console === undefined && fails.step === undefined) return false;
  if (fails.console !== undefined) {
    const pattern = new RegExp(fails.console);
    if (!complaint?.lines.some((line) => pattern.test(line))) return false;
    if (fails.on !== undefined && fails.on !== complaint.role) return false;
  }
  if (fails.step === undefined) return true;
  // Of a step that a kernel's complaint has ended, the complaint is the reason.
  const says = fails.says === undefined || new RegExp(fails.says).test(failure?.message ?? "");
  return step === fails.step && says;
}

function isExpected(check: CheckResult, { fails }: Expectation, { complaint }: Ending): boolean {
  if (check.id === fails.check) {
    return fails.says === undefined || new RegExp(fails.says).test(check.reason);
  }
  // The check of the consoles finds the very complaint that was to come, and none of the other guest's.
  const pattern = fails.console === undefined ? undefined : new RegExp(fails.console);
  if (!pattern || check.complaints === undefined || !complaint) return false;
  if (check.complaints.some((role) => role !== complaint.role)) return false;
  return complaint.lines.some((line) => pattern.test(line));
}
