// SPDX-License-Identifier: MIT
import type { EventStream } from "../../report/events.ts";
import type { RunResult } from "../../report/result.ts";

/** What all variants of a run share: one clock, the phases so far, and whom to tell. */
export class Journal {
  readonly events: EventStream;
  readonly started = new Date();
  readonly phases: RunResult["phases"] = [];
  readonly #began = performance.now();

  constructor(events: EventStream) {
    this.events = events;
  }

  /** Milliseconds from the start of the run, now or at a time of `performance.now()`. */
  clock(at = performance.now()): number {
    return at - this.#began;
  }

  /** Runs a part of the run that is worth a line of its own. */
  async phase<Value>(
    phase: string,
    title: string,
    work: () => Promise<Value>,
    variant: OfVariant = {},
  ): Promise<Value> {
    const startMs = this.clock();
    this.events.emit({ type: "phase-started", phase, title, ...variant });
    try {
      return await work();
    } finally {
      const durationMs = this.clock() - startMs;
      this.phases.push({ name: phase, startMs, durationMs, ...variant });
      this.events.emit({ type: "phase-finished", phase, title, durationMs, ...variant });
    }
  }
}

/** The field that says to which variant something belongs; absent where the scenario has no matrix. */
export type OfVariant = { readonly variant?: string };

export function ofVariant(name: string): OfVariant {
  return name === "" ? {} : { variant: name };
}
