// SPDX-License-Identifier: MIT
//
// What kernels logged at error level: news in every report, also of a run that passed.
import { isError } from "../lab/dmesg.ts";
import { withoutTime } from "../lab/stack-trace.ts";
import { withoutNumbers } from "./fingerprint.ts";
import type { KernelLog, RunResult } from "./result.ts";

/** Messages that say the same, numbers aside. */
export interface KernelError {
  /** The first of them, without its time. */
  readonly text: string;
  readonly count: number;
  /** The title of the step during which the first came; undefined before the first step. */
  readonly during?: string | undefined;
  /** Why the scenario says that they may be. */
  readonly known?: string | undefined;
}

/** Those of one kernel, in the order of time. */
export interface KernelErrors extends Pick<KernelLog, "role" | "variant" | "note"> {
  readonly count: number;
  readonly errors: readonly KernelError[];
}

/** Of each kernel that logged an error or could not be asked in full, in the order of the logs. */
export function kernelErrors({ kernelLogs = [], steps }: RunResult): KernelErrors[] {
  return kernelLogs.flatMap((log) => {
    const { role, variant, note } = log;
    const lines = log.lines.filter(isError);
    if (lines.length === 0 && note === undefined) return [];
    const alike = new Map<string, KernelLog["lines"]>();
    for (const line of lines) {
      const key = `${withoutNumbers(withoutTime(line.text))}\n${line.known ?? ""}`;
      alike.set(key, [...(alike.get(key) ?? []), line]);
    }
    const errors = [...alike.values()].flatMap((same): KernelError[] => {
      const [first] = same;
      if (!first) return [];
      const during = steps.find(({ id }) => id === first.step)?.title;
      const text = withoutTime(first.text);
      return [{ text, count: same.length, during, known: first.known }];
    });
    return [{ role, variant, note, count: lines.length, errors }];
  });
}

/** A result with what the kernels of one variant logged, or of a run without variants, alone. */
export function ofVariant(result: RunResult, name: string | undefined): RunResult {
  const { kernelLogs = [] } = result;
  return { ...result, kernelLogs: kernelLogs.filter(({ variant }) => variant === name) };
}

/** So many different messages of a kernel are told in the short reports. */
const most = 8;

/** `endpoint VM: 3 errors`, and each below it in a line. Nothing where no kernel logged any. */
export function kernelErrorLines(result: RunResult): string[] {
  return kernelErrors(result).flatMap((one) => {
    const { errors, note } = one;
    const left = errors.length - most;
    // Not "no errors": nobody could look.
    if (errors.length === 0 && note !== undefined) return [`${whereOf(one)}: ${note}`];
    return [
      `${kernelErrorTitle(one)}:`,
      ...(note === undefined ? [] : [`  ${note}`]),
      ...errors.slice(0, most).map((error) => `  ${kernelErrorText(error)}`),
      ...(left > 0 ? [`  and ${left} others, which are in report.html`] : []),
    ];
  });
}

function whereOf({ role, variant }: KernelErrors): string {
  return `${variant === undefined ? "" : `${variant}: `}${role} VM`;
}

function kernelErrorTitle(one: KernelErrors): string {
  const { count, errors } = one;
  const known = errors.reduce(
    (sum, error) => sum + (error.known === undefined ? 0 : error.count),
    0,
  );
  const of = known === 0 ? "" : known === count ? ", known" : `, ${known} of them known`;
  return `${whereOf(one)}: ${count === 1 ? "1 message" : `${count} messages`} at error level${of}`;
}

/** What it says, how often, when it came first, and why it may be. */
function kernelErrorText({ text, count, during, known }: KernelError): string {
  const times = count === 1 ? "" : ` (${count} times)`;
  const when = during === undefined ? "" : `, ${count === 1 ? "" : "first "}in "${during}"`;
  return `${text}${times}${when}${known === undefined ? "" : `; known: ${known}`}`;
}
