// SPDX-License-Identifier: MIT
import type { ProvisionEvent } from "../provision/work/events.ts";
import type { RunResult } from "./result.ts";

/** A line of a guest's console, in milliseconds from the start of the run. */
export interface TimedLine {
  readonly atMs: number;
  readonly text: string;
}

/** What one VM printed on its console; `file` has the same as it came, without times. */
export interface ConsoleLog {
  /** The machine's name. */
  readonly role: string;
  readonly variant?: string | undefined;
  readonly file: string;
  readonly lines: readonly TimedLine[];
}

/** The variant of a scenario with a matrix that an event belongs to. */
interface OfVariant {
  readonly variant?: string | undefined;
}

interface Ending {
  readonly id: string;
  readonly title: string;
  readonly durationMs: number;
}

/** Everything that a run tells its reporters, in order. */
export type RunEvent =
  | {
      readonly type: "run-started";
      readonly scenario: string;
      readonly title: string;
      readonly out: string;
    }
  /** From here to variant-finished, two VMs of its own run the variant. `index` counts from 1. */
  | {
      readonly type: "variant-started";
      readonly variant: string;
      readonly title: string;
      readonly index: number;
      readonly count: number;
    }
  | { readonly type: "variant-finished"; readonly variant: string; readonly durationMs: number }
  | ({ readonly type: "phase-started"; readonly phase: string; readonly title: string } & OfVariant)
  | ({
      readonly type: "phase-finished";
      readonly phase: string;
      readonly title: string;
      readonly durationMs: number;
    } & OfVariant)
  | { readonly type: "provision"; readonly event: ProvisionEvent }
  /** One line that a person should know, such as which accelerator runs. */
  | { readonly type: "note"; readonly text: string }
  | ({ readonly type: "step-started"; readonly id: string; readonly title: string } & OfVariant)
  /** What the step is at, or waits for. */
  | { readonly type: "step-progress"; readonly id: string; readonly text: string }
  /** `evidence` is what the step has found: kept for machines, in full. */
  | ({ readonly type: "step-finished"; readonly evidence: unknown } & Ending & OfVariant)
  | ({ readonly type: "step-failed"; readonly message: string } & Ending & OfVariant)
  /** Somebody ended the run from outside; what is left is to end the guests. */
  | { readonly type: "interrupted"; readonly reason: string }
  | {
      readonly type: "run-finished";
      readonly result: RunResult;
      readonly out: string;
      readonly consoles: readonly ConsoleLog[];
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
