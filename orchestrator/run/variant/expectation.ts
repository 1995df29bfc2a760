// SPDX-License-Identifier: MIT
import type { CheckResult } from "../../checks/findings.ts";
import type { Complaint } from "../../lab/errors.ts";
import type { Expectation as Told } from "../../report/result.ts";
import { type Expectation, type Fails, inWords } from "../../scenario/expectation.ts";
import type { Failure } from "./bookkeeping.ts";

/** How a variant ended, before its expectation is looked at. */
export interface Ending {
  readonly failure: Failure | undefined;
  /** The name of the step in which it broke off, and what a kernel complained of. */
  readonly step: string | undefined;
  readonly complaint: Complaint | undefined;
  /** Why the complaint's stack is not decoded, if it is not. */
  readonly undecoded: string | undefined;
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
 * nothing else; if nothing at all has failed, that is one more check, and it fails. A failure that came as described and
 * whose stack nobody can read is none that was looked at: it could not be judged.
 */
export function judgeExpectation(expectation: Expectation | undefined, ending: Ending): Judged {
  const { failure, checks, status } = ending;
  if (!expectation) return { failure, checks, status, told: undefined };
  const { report } = expectation;
  const fails = inWords(expectation.fails);
  const head = { fails, ...(report === undefined ? {} : { report }) };
  const differs = differences(expectation, ending);
  if (status === 1 && differs.length === 0) {
    const told = { ...head, met: true };
    const judged = checks.map((check) =>
      check.status === "fail" ? { ...check, status: "xfail" as const } : check,
    );
    if (failure === undefined) return { failure, checks: judged, status: 0, told };
    if (ending.undecoded !== undefined) {
      const message = `${failure.message}; this was expected, but its stack was not decoded: ${ending.undecoded}`;
      return { failure: { ...failure, message }, checks: judged, status: 125, told };
    }
    return { failure: { ...failure, expected: true }, checks: judged, status: 0, told };
  }
  const told = { ...head, met: false, differs };
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

/** What did not come as described, and what came beside it, each in a sentence; nothing where all is as described. */
function differences(expectation: Expectation, ending: Ending): string[] {
  const { fails } = expectation;
  const { checks, failure } = ending;
  const others = checks.filter(
    (check) =>
      check.status === "fail" && check.id !== fails.check && !isSameComplaint(check, fails, ending),
  );
  const brokeOff = fails.step !== undefined || fails.console !== undefined;
  return [
    ...(fails.check === undefined ? [] : ofCheck(fails.check, fails, checks)),
    ...(fails.console === undefined ? [] : ofConsole(fails.console, fails, ending)),
    ...(fails.step === undefined ? [] : ofStep(fails.step, fails, ending)),
    ...(failure && !brokeOff ? [`the run broke off: ${failure.message}`] : []),
    ...others.map(({ id, reason }) => `check ${id} failed, too: ${reason}`),
  ];
}

function ofCheck(id: string, { says }: Fails, checks: readonly CheckResult[]): string[] {
  const check = checks.find((one) => one.id === id);
  if (check === undefined) return [`check ${id} has no result`];
  if (check.status === "pass") return [`check ${id} passed`];
  if (check.status === "skip") return [`check ${id} was skipped: ${check.reason}`];
  if (!saysSo(says, check.reason)) {
    return [`check ${id} failed for another reason: ${check.reason}`];
  }
  return (check.errors ?? [])
    .filter((error) => !saysSo(says, error))
    .map((error) => `check ${id} failed for more than that: ${error}`);
}

function ofConsole(console: string, { on }: Fails, { complaint }: Ending): string[] {
  if (complaint === undefined) return ["no kernel complained"];
  const { role, lines } = complaint;
  if (!lines.some((line) => new RegExp(console).test(line))) {
    return [`the ${role}'s kernel complained of something else: ${lines[0] ?? ""}`];
  }
  return on === undefined || on === role ? [] : [`the complaint is the ${role}'s, not the ${on}'s`];
}

function ofStep(expected: string, { says, console }: Fails, { step, failure }: Ending): string[] {
  if (step === undefined) return [`no step broke off, where step ${expected} was to`];
  if (step !== expected) return [`step ${step} broke off, not step ${expected}`];
  // Of a step that a kernel's complaint has ended, the complaint is the reason.
  const said = failure?.message ?? "";
  if (saysSo(says, said)) return [];
  const reason = console === undefined ? "reason" : "message";
  return [`step ${step} broke off with another ${reason}: ${said}`];
}

/** Whether a text is as the scenario says, which may say nothing of it. */
function saysSo(says: string | undefined, text: string): boolean {
  return new RegExp(says ?? "").test(text);
}

/** The check of the consoles finds the very complaint that was to come, none of the other guest's, and no error beside it. */
function isSameComplaint(check: CheckResult, { console }: Fails, { complaint }: Ending): boolean {
  if (console === undefined || check.complaints === undefined || !complaint) return false;
  if (check.errors !== undefined) return false;
  if (check.complaints.some((role) => role !== complaint.role)) return false;
  return complaint.lines.some((line) => new RegExp(console).test(line));
}
