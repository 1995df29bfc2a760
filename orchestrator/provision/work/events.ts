// SPDX-License-Identifier: MIT

/** One part of provisioning that a person can name and whose time is worth knowing. */
export interface TaskName {
  /** Stable, for logs and machines: `qemu-build`. */
  readonly id: string;
  /** For people: `Build QEMU 10.0.13`. */
  readonly title: string;
}

/** What provisioning says while it works. Tasks may overlap: each event names its own. Times in milliseconds. */
export type ProvisionEvent =
  | { readonly type: "task-started"; readonly task: TaskName; readonly logPath: string | undefined }
  | { readonly type: "task-output"; readonly task: TaskName; readonly line: string }
  /** Another run holds what this task needs; it goes on as soon as that run is done. */
  | { readonly type: "task-waiting"; readonly task: TaskName; readonly reason: string }
  /** `cached` says that nothing had to be done. */
  | {
      readonly type: "task-finished";
      readonly task: TaskName;
      readonly durationMs: number;
      readonly cached: boolean;
    }
  | {
      readonly type: "task-failed";
      readonly task: TaskName;
      readonly durationMs: number;
      readonly message: string;
      readonly logPath: string | undefined;
      readonly tail: readonly string[];
    };

/** Takes events; must not throw. */
export type ProgressSink = (event: ProvisionEvent) => void;
