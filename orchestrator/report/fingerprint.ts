// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { stripVTControlCharacters } from "node:util";
import type { RunResult } from "./result.ts";

/**
 * A short name for a way of failing: the same for two runs that fail alike, whatever the addresses, times and counts
 * in their messages. Undefined for a run without anything wrong.
 */
export function fingerprintOf(result: RunResult): string | undefined {
  if (wasInterrupted(result)) return undefined;
  const ways =
    result.verdict === "flaky"
      ? (result.attempts ?? []).flatMap(({ problems }) => problems.map(withoutNumbers))
      : problemsOf(result).map(({ what, message }) => `${what}\n${withoutNumbers(message)}`);
  if (ways.length === 0) return undefined;
  return createHash("sha256")
    .update([result.scenario, ...[...new Set(ways)].sort()].join("\n\n"))
    .digest("hex")
    .slice(0, 12);
}

/** Somebody ended it: that is no way of failing. */
export function wasInterrupted({ exitStatus }: Pick<RunResult, "exitStatus">): boolean {
  return exitStatus > 128;
}

/**
 * What went wrong in the attempts of a run that fails because it is flaky: its own checks have passed in the end. Under
 * `--repeat`, where the result is that of a run that failed, those tell by themselves.
 */
export function flakyProblems(result: RunResult): string[] {
  const { verdict, exitStatus, attempts = [] } = result;
  if (verdict !== "flaky" || exitStatus === 0 || problemsOf(result).length > 0) return [];
  return attempts.flatMap(({ problems }, index) =>
    problems.map((problem) => `attempt ${index + 1}: ${problem}`),
  );
}

export interface Problem {
  /** A check's id, or where the run broke off. */
  readonly what: string;
  readonly message: string;
  /** The step that a check judges or that broke the run off, where it is known. */
  readonly step?: string | undefined;
}

export type Failure = NonNullable<RunResult["failure"]>;

/** Where a run broke off, and each of its variants. */
export function failuresOf({ failure, variants = [] }: RunResult): Failure[] {
  const own = variants.flatMap(({ name, failure: one }) =>
    one ? [{ ...one, variant: name }] : [],
  );
  // The run's failure is the first variant's; a variant that has one of its own is not told twice.
  return own.length > 0 || !failure ? own : [failure];
}

/** All that went wrong in a run and was not expected to: where it broke off, then the checks that failed. */
export function problemsOf(result: RunResult): Problem[] {
  const { checks, steps } = result;
  const failedStep = (variant: string | undefined) =>
    steps.find((step) => step.status === "failed" && step.variant === variant)?.id;
  const failures = failuresOf(result).filter(({ expected }) => !expected);
  return [
    ...failures.map(({ phase, message, variant }) => ({
      what: variant === undefined ? phase : `${variant}: ${phase}`,
      message,
      step: failedStep(variant),
    })),
    ...checks
      .filter((check) => check.status === "fail")
      .map(({ id, reason, step }) => ({ what: id, message: reason, step })),
  ];
}

/** Neither numbers nor how a terminal lays the text out: what is printed and what is filed has one fingerprint. */
export function withoutNumbers(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\s\p{Cc}\u{fffd}]+/gu, " ")
    .replace(/\b0x[0-9a-f]+\b/gi, "#")
    .replace(/\b[0-9a-f]{8,}\b/gi, "#")
    .replace(/\d+(?:\.\d+)?/g, "#");
}
