// SPDX-License-Identifier: MIT

/** One part of provisioning that a person can name and whose time is worth knowing. */
export interface StepName {
  /** Stable, for logs and machines: `qemu-build`. */
  readonly id: string;
  /** For people: `Build QEMU 10.0.13`. */
  readonly title: string;
}

/** What provisioning says while it works. Steps may overlap: each event names its own. Times in milliseconds. */
export type ProvisionEvent =
  | { readonly type: "step-started"; readonly step: StepName; readonly logPath: string | undefined }
  | { readonly type: "step-output"; readonly step: StepName; readonly line: string }
  /** Another run holds what this step needs; it goes on as soon as that run is done. */
  | { readonly type: "step-waiting"; readonly step: StepName; readonly reason: string }
  /** `cached` says that nothing had to be done. */
  | {
      readonly type: "step-finished";
      readonly step: StepName;
      readonly durationMs: number;
      readonly cached: boolean;
    }
  | {
      readonly type: "step-failed";
      readonly step: StepName;
      readonly durationMs: number;
      readonly message: string;
      readonly logPath: string | undefined;
      readonly tail: readonly string[];
    };

/** Takes events; must not throw. */
export type ProgressSink = (event: ProvisionEvent) => void;
