// SPDX-License-Identifier: MIT
import type { Artifacts } from "../artifacts.ts";
import type { Inspection } from "../lab/inspection.ts";
import type { AcceleratorWish } from "../lab/machine-facts.ts";
import type { ProgressSink } from "../provision/work/events.ts";
import type { Reporter } from "../report/events.ts";
import type { Plan } from "../scenario/plan.ts";
import type { KeepVms } from "./variant/variant-setup.ts";

/** Makes what a run boots. Given from outside, so that this layer needs to know nothing of where it comes from. */
export type Provision = (
  plan: Plan,
  options: { signal: AbortSignal; progress: ProgressSink },
) => Promise<Artifacts>;

/** What a run is to be made of, and how. */
export interface RunRequest {
  readonly plan: Plan;
  /** Directory for reports and logs; made if it is not there. */
  readonly out: string;
  readonly timeoutScale: number;
  /** Without it, the fastest that works here. */
  readonly accelerator?: AcceleratorWish;
  readonly inspection?: Inspection;
  /** Takes over the VMs of the first variant that does not pass, or else of the last one; the run ends with it. */
  readonly keep?: KeepVms;
  /** The command that does it again, for the reports. */
  readonly reproduce?: string;
  /** A scenario that the kernels cannot run is skipped, and no mistake of whoever asked for it. */
  readonly skipUnmetNeeds?: boolean;
  /** How many runs the caller makes at a time, this one among them; 1 where this is not given. */
  readonly jobs?: number;
  /** Versions that only the caller knows. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly provision: Provision;
  readonly reporters: readonly Reporter[];
  /** Aborts when the person cancels. */
  readonly signal: AbortSignal;
  /** Takes what concerns reporters themselves. */
  readonly complain: (text: string) => void;
}
