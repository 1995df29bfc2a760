// SPDX-License-Identifier: MIT
import type { ProvisionEvent } from "../provision/events.ts";
import type { RunResult } from "./result.ts";

/** A line of a guest's console, in milliseconds from the start of the run. */
export interface TimedLine {
  readonly atMs: number;
  readonly text: string;
}

/** Everything that a run tells its reporters, in order. */
export type RunEvent =
  | {
      readonly type: "run-started";
      readonly scenario: string;
      readonly title: string;
      readonly out: string;
    }
  | { readonly type: "phase-started"; readonly phase: string; readonly title: string }
  | {
      readonly type: "phase-finished";
      readonly phase: string;
      readonly title: string;
      readonly durationMs: number;
    }
  | { readonly type: "provision"; readonly event: ProvisionEvent }
  /** One line that a person should know, such as which accelerator runs. */
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "step-started"; readonly id: string; readonly title: string }
  | { readonly type: "step-progress"; readonly id: string; readonly text: string }
  | {
      readonly type: "step-finished";
      readonly id: string;
      readonly title: string;
      readonly durationMs: number;
      /** What the step has found: kept for machines, in full. */
      readonly evidence: unknown;
    }
  | {
      readonly type: "step-failed";
      readonly id: string;
      readonly title: string;
      readonly durationMs: number;
      readonly message: string;
    }
  | {
      readonly type: "run-finished";
      readonly result: RunResult;
      readonly out: string;
      readonly consoles: Readonly<Record<"host" | "endpoint", readonly TimedLine[]>>;
    };

/** One way to tell of a run. `on` may be slow or fail: it never changes the verdict. */
export interface Reporter {
  readonly name: string;
  on(event: RunEvent): void | Promise<void>;
}

/** Hands each event to every reporter. What a reporter throws goes to `complain`, and the run goes on. */
export class EventStream {
  readonly #reporters: readonly Reporter[];
  readonly #complain: (text: string) => void;
  readonly #pending: Promise<void>[] = [];

  constructor(reporters: readonly Reporter[], complain: (text: string) => void) {
    this.#reporters = reporters;
    this.#complain = complain;
  }

  emit(event: RunEvent): void {
    for (const reporter of this.#reporters) {
      const told = (async () => reporter.on(event))();
      this.#pending.push(
        told.catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          this.#complain(`the ${reporter.name} report failed: ${reason}`);
        }),
      );
    }
  }

  /** Resolves when every reporter is done with every event so far. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending.splice(0));
  }
}
