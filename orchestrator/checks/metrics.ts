// SPDX-License-Identifier: MIT
import type { ControllersStats } from "../lab/stats.ts";
import { ofLink } from "../scenario/topology/graph.ts";
import type { Clock, Measurement } from "../steps/measure.ts";
import { median } from "../steps/median.ts";
import { type Evidence, measuredBy } from "../steps/registry.ts";
import { type ControllerMetric, controllerMetrics } from "./controller-metrics.ts";

/** A measured quantity, as result.json has it. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly clock: Clock;
  readonly samples: readonly number[];
  readonly median: number;
}

/**
 * Every metric that the evidence gives. A step named `edma.tcp` prefixes its metrics with `edma.`; the controller's
 * counters are summed over the steps of a prefix and, without one, those of the `whole` run; where links have names, each has its own. Of each round a metric has
 * one sample, the median of what the round has measured.
 */
export function metricsOf(evidence: readonly Evidence[], whole: ControllersStats = {}): Metric[] {
  const metrics = new Map<string, Sampled>();
  for (const part of partsOf(evidence)) {
    for (const [name, { values, ...what }] of samplesOf(part.evidence)) {
      add(metrics, name, what, part.round === undefined ? values : [median(values)]);
    }
  }
  for (const [link, stats] of Object.entries(whole)) {
    for (const { name, unit, value } of controllerMetrics) {
      add(metrics, ofLink({ name: link }, name), { unit, clock: "none" }, [value(stats)]);
    }
  }
  return [...metrics].map(([name, { unit, clock, values }]) => ({
    ...{ name, unit, clock },
    samples: values,
    median: median(values),
  }));
}

/** What one step has measured, by the names of its metrics. */
export function measurementsOf(item: Evidence): Measurement[] {
  const prefix = prefixOf(item.id);
  return measuredBy(item).map((found) => ({ ...found, name: prefix + found.name }));
}

type Quantity = Pick<Metric, "unit" | "clock">;

interface Sampled extends Quantity {
  readonly values: number[];
}

function add(
  to: Map<string, Sampled>,
  name: string,
  { unit, clock }: Quantity,
  values: readonly number[],
) {
  const metric = to.get(name) ?? { unit, clock, values: [] };
  metric.values.push(...values);
  to.set(name, metric);
}

interface Part {
  readonly round: number | undefined;
  readonly evidence: Evidence[];
}

/** What is of no round, and what is of each round. */
function partsOf(evidence: readonly Evidence[]): Iterable<Part> {
  const parts = new Map<number | undefined, Part>();
  for (const item of evidence) {
    const part = parts.get(item.round) ?? { round: item.round, evidence: [] };
    part.evidence.push(item);
    parts.set(item.round, part);
  }
  return parts.values();
}

/** The metrics of a part of the run. */
function samplesOf(evidence: readonly Evidence[]) {
  const samples = new Map<string, Sampled>();
  const sums = new Map<string, ControllerMetric & { sum: number }>();
  for (const item of evidence) {
    for (const { name, values, ...what } of measurementsOf(item)) add(samples, name, what, values);
    const { controllers = {} } = item;
    const prefix = prefixOf(item.id);
    if (prefix === "") continue;
    for (const [link, stats] of Object.entries(controllers)) {
      for (const metric of controllerMetrics) {
        const name = prefix + ofLink({ name: link }, metric.name);
        const before = sums.get(name)?.sum ?? 0;
        sums.set(name, { ...metric, sum: before + metric.value(stats) });
      }
    }
  }
  for (const [name, { unit, sum }] of sums) add(samples, name, { unit, clock: "none" }, [sum]);
  return samples;
}

function prefixOf(id: string): string {
  const dot = id.indexOf(".");
  return dot < 0 ? "" : id.slice(0, dot + 1);
}
