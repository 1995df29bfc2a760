// SPDX-License-Identifier: MIT
import { before } from "./deadline.ts";

interface Release {
  readonly what: string;
  readonly run: () => Promise<unknown> | unknown;
}

/**
 * Resources to give back, last taken first. Each release has its own deadline and runs whatever
 * happened to those before it, so that one that hangs or fails keeps no other from being released.
 */
export class Teardown {
  readonly #releases: Release[] = [];
  readonly #limitMs: number;
  #running: Promise<readonly Error[]> | undefined;

  constructor(limitMs = 5000) {
    this.#limitMs = limitMs;
  }

  /**
   * Registers how to give back what was just taken. `what` completes "could not release ...". What comes when all
   * has been released is given back at once.
   */
  add(what: string, run: Release["run"]): void {
    this.#releases.push({ what, run });
    this.#running = this.#running?.then(async (problems) => [
      ...problems,
      ...(await this.#runAll()),
    ]);
  }

  /** Releases everything, once. Never throws: what went wrong is returned. */
  run(): Promise<readonly Error[]> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<readonly Error[]> {
    const problems: Error[] = [];
    for (let next = this.#releases.pop(); next; next = this.#releases.pop()) {
      const { what, run } = next;
      try {
        await before({ ms: this.#limitMs, what }, Promise.resolve().then(run));
      } catch (cause) {
        problems.push(new Error(`could not release ${what}: ${String(cause)}`, { cause }));
      }
    }
    return problems;
  }
}
