// SPDX-License-Identifier: MIT
//
// What checks look at, and what they say of it.

import type { KnownNoise } from "../scenario/known-noise.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import type { Evidence } from "../steps/registry.ts";
import type { Metric } from "./metrics.ts";

/** A device's trace event during a run. */
export interface FoundEvent {
  readonly on: MachineName;
  /** Such as `dwc_iatu_write`. */
  readonly name: string;
  /** The name and its arguments. */
  readonly text: string;
  /** The id of the step during which it came; undefined before the first. */
  readonly step: string | undefined;
}

/** What a kernel has logged at error level. */
export interface FoundError {
  readonly on: MachineName;
  /** Without the time. */
  readonly text: string;
  /** Why it may be: by the scenario's `known-noise`, or in any such topology. */
  readonly known?: string | undefined;
}

/** All that a check may look at. Plain data: a check does nothing but think. */
export interface Findings {
  readonly evidence: readonly Evidence[];
  readonly consoles: Readonly<Record<MachineName, readonly string[]>>;
  /** What the scenario lets kernels complain of. */
  readonly knownNoise?: KnownNoise;
  /** Of each kernel's own log since it last booted. */
  readonly errors?: readonly FoundError[];
  /** Machines that are on, and whose kernels could not be asked for all that they have logged. */
  readonly unread?: readonly { readonly on: MachineName; readonly why: string }[];
  readonly metrics: readonly Metric[];
  /** The trace events that checks look at, of both VMs in the order of time; undefined where nothing was traced. */
  readonly trace?: readonly FoundEvent[] | undefined;
  /** --timeout-scale: times that something may take are multiplied by it, and least rates divided. */
  readonly timeoutScale?: number;
  /** Whether every step has run; otherwise what is missing is no fault of its own. */
  readonly complete: boolean;
}

/** `xfail`: failed as the scenario's `expect: fail` says. */
export type CheckStatus = "pass" | "fail" | "skip" | "xfail";

/** A check's result, as result.json has it. */
export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** What was found; for a person, or a number in `unit`. */
  readonly measured: string | number | null;
  readonly expected: string | number | null;
  readonly unit: string;
  /** Why the check failed or was skipped; empty if it passed. */
  readonly reason: string;
  /** The step whose findings it judges. */
  readonly step?: string;
  /** What a test in a guest printed for this result. */
  readonly lines?: readonly string[];
  /** A test that this variant did not run on purpose; it has to pass in another one. */
  readonly leftOut?: boolean;
  /** The guests whose kernels' complaints are the reason. */
  readonly complaints?: readonly MachineName[];
  /** Sentences: kernels' errors that nobody expects, which are the reason as well, or alone. */
  readonly errors?: readonly string[];
}

/** What a check kind says of the findings. Without `reason` the check has passed. */
export interface Judgement {
  readonly measured: string | number;
  readonly expected: string | number;
  readonly unit?: string;
  readonly reason?: string | undefined;
  readonly complaints?: readonly MachineName[] | undefined;
  readonly errors?: readonly string[] | undefined;
}

/** A result that a check kind itself has named, beside the check's own. */
export type NamedResult = Omit<CheckResult, "step">;

/** The check's own judgement, and the results that have names of their own. */
export interface Judged {
  readonly own: Judgement;
  readonly more: readonly NamedResult[];
}
