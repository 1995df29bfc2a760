// SPDX-License-Identifier: MIT
import type { Artifacts } from "./artifacts.ts";

/** One run of a workflow. */
export interface Run {
  readonly number: number;
  readonly event: "schedule" | "push" | "workflow_dispatch";
  readonly inputs: Readonly<Record<string, string>>;
  readonly artifacts: Artifacts;
}
