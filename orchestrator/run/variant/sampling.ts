// SPDX-License-Identifier: MIT
import { engineCounters } from "../../checks/metrics.ts";
import type { ControllerStats } from "../../lab/stats.ts";
import type { Series } from "../../report/result.ts";

/** Often enough for a plot, and nothing beside what a guest does in that time. */
const everyMs = 500;

interface Counter {
  readonly points: [number, number][];
  /** As last read, and what earlier VMs had come to. */
  latest: number;
  before: number;
}

/** Reads the controller's counters from the outside again and again until it is stopped. */
export class CounterSampler {
  readonly #read: () => Promise<ControllerStats>;
  readonly #clock: () => number;
  readonly #counters = new Map<string, Counter>();
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
    return [...this.#counters].map(([name, { points }]) => ({
      name,
      unit: name.endsWith("bytes") ? "B" : "1",
      cumulative: true,
      points,
    }));
  }

  async #sample(): Promise<void> {
    const controller = await this.#read().catch(() => undefined);
    if (this.#stopped) return;
    // Whatever ended the VM is told by those who need it, and another one may take its place.
    if (controller) this.#enter(this.#clock(), controller);
    this.#timer = setTimeout(() => void this.#sample(), everyMs);
  }

  #enter(at: number, controller: ControllerStats): void {
    for (const [name, value] of engineCounters({ controller })) {
      const counter = this.#counters.get(name) ?? { points: [], latest: 0, before: 0 };
      // The controller of a VM that was started again counts from zero.
      if (value < counter.latest) counter.before += counter.latest;
      counter.latest = value;
      counter.points.push([at, counter.before + value]);
      this.#counters.set(name, counter);
    }
  }
}
