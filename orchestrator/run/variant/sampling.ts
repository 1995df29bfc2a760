// SPDX-License-Identifier: MIT
import { controllerMetrics } from "../../checks/controller-metrics.ts";
import {
  type ControllerStats,
  type ControllersStats,
  isAnother,
  statsSum,
} from "../../lab/stats.ts";
import type { Series } from "../../report/result.ts";
import { type LinkEnds, ofLink } from "../../scenario/topology/graph.ts";

/** Often enough for a plot, and nothing beside what a guest does in that time. */
const everyMs = 500;

/** What a controller has counted; undefined where its VM is off. Throws where nobody could look. */
type ReadCounters = () => Promise<ControllerStats | undefined>;

/**
 * Reads the controller's counters from the outside: again and again until it is stopped, and when it is asked. They go on
 * where a VM is started again, whose controller counts from zero: what it had counted since the last reading is lost.
 */
export class CounterSampler {
  readonly #read: ReadCounters;
  readonly #clock: () => number;
  readonly #points = new Map<string, [number, number][]>();
  /** What controllers of earlier VMs had come to, and the present one. */
  #earlier: ControllerStats | undefined;
  #present: ControllerStats | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(read: ReadCounters, clock: () => number) {
    this.#read = read;
    this.#clock = clock;
    void this.#sample();
  }

  /** What all controllers of the run had counted when they were last read. */
  get counted(): ControllerStats | undefined {
    const [earlier, present] = [this.#earlier, this.#present];
    return earlier && present ? statsSum(earlier, present) : present;
  }

  /** The same, read now; undefined where the VM is off. Throws where it is on and could not be asked. */
  async readNow(): Promise<ControllerStats | undefined> {
    const stats = await this.#read();
    if (!stats) return undefined;
    const before = this.#present;
    if (before && isAnother(before, stats)) {
      this.#earlier = this.#earlier ? statsSum(this.#earlier, before) : before;
    }
    this.#present = stats;
    return this.counted;
  }

  /** What was read so far. A reading that is still on its way counts no more. */
  stop(): Series[] {
    this.#stopped = true;
    clearTimeout(this.#timer);
    return controllerMetrics.flatMap(({ name, unit }) => {
      const points = this.#points.get(name);
      return points ? [{ name, unit, cumulative: true, points }] : [];
    });
  }

  async #sample(): Promise<void> {
    // A gap in a plot. Whatever ended the VM is told by those who need it, and another one may take its place.
    const counted = await this.readNow().catch(() => undefined);
    if (this.#stopped) return;
    if (counted) this.#enter(this.#clock(), counted);
    this.#timer = setTimeout(() => void this.#sample(), everyMs);
  }

  #enter(at: number, counted: ControllerStats): void {
    for (const { name, value } of controllerMetrics) {
      const points = this.#points.get(name) ?? [];
      points.push([at, value(counted)]);
      this.#points.set(name, points);
    }
  }
}

/** The counters of all controllers, each by the name of its link. */
export class LinkSamplers {
  readonly #samplers: readonly (readonly [string, CounterSampler])[];

  constructor(
    links: readonly Pick<LinkEnds, "name">[],
    read: (link: string) => Promise<ControllerStats | undefined>,
    clock: () => number,
  ) {
    this.#samplers = links.map(({ name }) => [name, new CounterSampler(() => read(name), clock)]);
  }

  /** What the controllers had counted when they were last read, those that could be. */
  get counted(): ControllersStats {
    return known(this.#samplers.map(([name, { counted }]) => [name, counted]));
  }

  /** The same, read now; without those whose VMs are off. Throws where one that is on could not be asked. */
  async readNow(): Promise<ControllersStats> {
    const read = this.#samplers.map(
      async ([name, sampler]) => [name, await sampler.readNow()] as const,
    );
    return known(await Promise.all(read));
  }

  /** What was read so far of all of them. */
  stop(): Series[] {
    return this.#samplers.flatMap(([name, sampler]) =>
      sampler.stop().map((series) => ({ ...series, name: ofLink({ name }, series.name) })),
    );
  }
}

function known(
  entries: readonly (readonly [string, ControllerStats | undefined])[],
): ControllersStats {
  return Object.fromEntries(
    entries.flatMap(([name, stats]) => (stats ? [[name, stats] as const] : [])),
  );
}
