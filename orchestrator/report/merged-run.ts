// SPDX-License-Identifier: MIT
import type { RunResult } from "./result.ts";

/** A scenario's result, and where its own report lies. */
export interface MergedRun {
  /** The label of the shard that it comes from. */
  readonly label: string;
  /** Directory with its report.html and logs. */
  readonly directory: string;
  readonly result: RunResult;
}
