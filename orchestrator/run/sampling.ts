// SPDX-License-Identifier: MIT
import { engineCounters } from "../checks/metrics.ts";
import type { ControllerStats } from "../lab/stats.ts";
import type { Series } from "../report/result.ts";

/** Often enough for a plot, and nothing beside what a guest does in that time. */
const everyMs = 500;

/** Reads the controller's counters from the outside again and again until it is stopped. */
export class CounterSampler {
  readonly #read: () => Promise<ControllerStats>;
  readonly #clock: () => number;
  readonly #points = new Map<string, [number, number][]>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(read: () => Promise<ControllerStats>, clock: () => number) {
    this.#read = read;
    this.#clock = clock;
    void this.#sample();
  }

  /** What was read so far. A reading that is still on its way counts no more. */
  stop(): Series[] {
    this.#stopped = true;
    clearTimeout(this.#timer);
    return [...this.#points].map(([name, points]) => ({
      name,
      unit: name.endsWith("bytes") ? "B" : "1",
      cumulative: true,
      points,
    }));
  }

  async #sample(): Promise<void> {
    const controller = await this.#read().catch(() => undefined);
    // Whatever ended the VM is told by those who need it.
    if (controller === undefined || this.#stopped) return;
    const at = this.#clock();
    for (const [name, value] of engineCounters({ controller })) {
      const points = this.#points.get(name) ?? [];
      points.push([at, value]);
      this.#points.set(name, points);
    }
    this.#timer = setTimeout(() => void this.#sample(), everyMs);
  }
}
