// SPDX-License-Identifier: MIT
//
// What steps measure: metrics of the run and, over its time, series for plots.

import type { Series } from "../report/result.ts";

/** The stretch of the run that a step took, in milliseconds from the run's start. */
export interface StepTime {
  readonly startMs: number;
  readonly durationMs: number;
  /** The time of the run at a time of `performance.now()`. */
  readonly clock: (at: number) => number;
}

/** Samples of one metric. */
export interface Sampled {
  /** What stands for the words in angle brackets of the metric's name, in their order. */
  readonly which?: readonly string[];
  readonly values: readonly number[];
  /** The same over the time of the run. */
  readonly points?: (time: StepTime) => Series["points"];
}

/**
 * Whose clock a quantity is measured by: that of the guests and their devices, which may be virtual time, or that of the
 * machine that runs the lab, which never is. What is counted, or is a ratio of two of the same, needs none.
 */
export type Clock = "guests" | "lab" | "none";

/** A quantity that a kind of step measures. Its metric has the step's prefix before its name. */
export interface Measure<Data> {
  /** Such as `rtt`; `throughput.<direction>` stands for several metrics. */
  readonly name: string;
  /** `1` for what is counted. */
  readonly unit: string;
  readonly clock: Clock;
  /** What it is, for the documentation. */
  readonly about: string;
  readonly samples: (data: Data) => readonly Sampled[];
}

/** A quantity of which a step has one value, or none. */
export function measure<Data>(
  name: string,
  unit: string,
  clock: Clock,
  about: string,
  value: (data: Data) => number | undefined,
): Measure<Data> {
  return {
    ...{ name, unit, clock, about },
    samples: (data) => {
      const found = value(data);
      return found === undefined ? [] : [{ values: [found] }];
    },
  };
}

/** One metric of a step, by its whole name but for the step's prefix. */
export type Measurement = Pick<Sampled, "values" | "points"> & {
  readonly name: string;
  readonly unit: string;
  readonly clock: Clock;
};

/** What a step's evidence holds of the quantities that its kind measures. */
export function measurements<Data>(
  measures: readonly Measure<Data>[],
  data: Data,
): readonly Measurement[] {
  return measures.flatMap(({ name, unit, clock, samples }) =>
    samples(data)
      .filter(({ values }) => values.length > 0)
      .map(({ which = [], ...rest }) => ({ name: filledIn(name, which), unit, clock, ...rest })),
  );
}

function filledIn(name: string, which: readonly string[]): string {
  const words = [...which];
  const filled = name.replace(/<\w+>/g, (word) => words.shift() ?? word);
  if (words.length > 0 || filled.includes("<")) {
    throw new Error(`the metric ${name} was given other words: ${which.join(", ") || "none"}`);
  }
  return filled;
}
