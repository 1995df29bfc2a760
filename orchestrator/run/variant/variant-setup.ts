// SPDX-License-Identifier: MIT
import type { Artifacts } from "../../artifacts.ts";
import type { AcceleratorChoice } from "../../lab/accelerator.ts";
import type { Inspection } from "../../lab/inspection.ts";
import type { StartedLab, StartLab } from "../../lab/lab.ts";
import type { VariantPlan } from "../../scenario/plan.ts";

/** What all variants of a run are made with. */
export interface VariantSetup {
  readonly artifacts: Artifacts;
  readonly choice: AcceleratorChoice;
  /** Directory of the run; a variant that has a name gets one of its own inside. */
  readonly out: string;
  readonly timeoutMs: number;
  readonly timeoutScale: number;
  readonly signal: AbortSignal;
  readonly inspection: Inspection;
  /** The VMs may be kept: after a variant that does not pass, or the last. */
  readonly keep?: KeepVms;
  readonly last: boolean;
  readonly startLab: StartLab;
}

/** Takes over a lab that is up, or what is left of it: from now on it is the taker's to close. */
export type KeepVms = (lab: StartedLab, plan: VariantPlan) => Promise<void> | void;
