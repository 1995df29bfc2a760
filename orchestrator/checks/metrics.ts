// SPDX-License-Identifier: MIT
import { roles } from "../lab/role.ts";
import { type ControllerStats, total } from "../lab/stats.ts";
import type { Counters } from "../steps/counters.ts";
import type { Direction } from "../steps/network.ts";
import type { QpSample } from "../steps/qp-throughput.ts";
import type { Evidence } from "../steps/registry.ts";
import { faultMeasurements } from "./fault-metrics.ts";

/** A measured quantity, as result.json has it. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly number[];
  readonly median: number;
}

/** The middle value; of an even number of values the mean of the middle two. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Every metric that the evidence gives. A step named `edma.tcp` prefixes its metrics with `edma.`;
 * engine counters are summed over the traffic of a prefix, and over the whole run without one. Of
 * each round a metric has one sample, the median of what the round has measured.
 */
export function metricsOf(evidence: readonly Evidence[]): Metric[] {
  const metrics = new Map<string, Sampled>();
  const whole = new Map<string, number>();
  for (const part of partsOf(evidence)) {
    for (const [name, { unit, values }] of samplesOf(part.evidence, whole)) {
      add(metrics, name, unit, part.round === undefined ? values : [median(values)]);
    }
  }
  for (const [name, value] of whole) add(metrics, name, counterUnit(name), [value]);
  return [...metrics].map(([name, { unit, values }]) => ({
    name,
    unit,
    samples: values,
    median: median(values),
  }));
}

interface Sampled {
  readonly unit: string;
  readonly values: number[];
}

function add(to: Map<string, Sampled>, name: string, unit: string, values: readonly number[]) {
  const metric = to.get(name) ?? { unit, values: [] };
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

/** The metrics of a part of the run. Counters of the whole run are added to `whole`. */
function samplesOf(evidence: readonly Evidence[], whole: Map<string, number>) {
  const samples = new Map<string, Sampled>();
  const sums = new Map<string, number>();
  for (const item of evidence) {
    const prefix = prefixOf(item.id);
    measurements(item, (name, unit, values) => add(samples, prefix + name, unit, values));
    for (const counters of countersIn(item)) {
      for (const [name, value] of engineCounters(counters)) {
        whole.set(name, (whole.get(name) ?? 0) + value);
        if (prefix !== "") sums.set(prefix + name, (sums.get(prefix + name) ?? 0) + value);
      }
    }
  }
  for (const [name, value] of sums) add(samples, name, counterUnit(name), [value]);
  return samples;
}

function counterUnit(name: string): string {
  return name.endsWith("bytes") ? "B" : "1";
}

function prefixOf(id: string): string {
  const dot = id.indexOf(".");
  return dot < 0 ? "" : id.slice(0, dot + 1);
}

function measurements(
  item: Evidence,
  add: (name: string, unit: string, values: readonly number[]) => void,
): void {
  for (const [name, unit, value] of faultMeasurements(item)) add(name, unit, [value]);
  if (item.kind === "ping") {
    const { rtt, received, controller } = item.data;
    add("rtt", "ms", rtt);
    if (controller && received > 0) {
      for (const [name, count] of linkTraffic(controller)) {
        add(`${name}_per_round_trip`, "1", [count / received]);
      }
    }
  }
  if (item.kind === "iperf3") {
    const base = item.data.protocol === "tcp" ? "throughput" : "udp.throughput";
    for (const [direction, runs] of Object.entries(item.data.samples)) {
      const name = `${base}.${metricDirection(direction as Direction)}`;
      if (runs.length > 0)
        add(
          name,
          "Gb/s",
          runs.map((run) => run.gigabits),
        );
      for (const { instructions, bytesReceived } of runs) {
        if (!instructions) continue;
        for (const role of roles) {
          const cost = instructions[role] / (bytesReceived / mebibyte);
          add(
            `${base}_instructions_per_MiB.${metricDirection(direction as Direction)}.${role}`,
            "1/MiB",
            [cost],
          );
        }
      }
    }
  }
  if (item.kind === "qp-throughput") {
    for (const [direction, runs] of Object.entries(item.data.samples)) {
      const name = metricDirection(direction as Direction);
      for (const run of runs) {
        for (const [quantity, unit, value] of queuePairs(run, name)) add(quantity, unit, [value]);
      }
    }
  }
  if (item.kind === "transfer-file") {
    for (const { direction, bytesReceived, ms } of item.data.transfers) {
      add(`file.throughput.${metricDirection(direction)}`, "Gb/s", [
        (bytesReceived * 8) / ms / 1e6,
      ]);
    }
  }
}

/** What went over the link beside payload: accesses to the engine's registers, doorbells, messages to the host. */
function linkTraffic(controller: ControllerStats): [string, number][] {
  return [
    ["register_reads", controller.register_reads],
    ["register_writes", controller.register_writes],
    ["doorbells", controller.doorbells],
    ["messages", controller.msi + controller.msix + controller.imwr],
  ];
}

const mebibyte = 1 << 20;

/** How many of the engine's channels were at work on average, and what one could move if it always were. */
function engineUse({ ns, controller }: QpSample, direction: string): [string, string, number][] {
  const channels = [...controller.read, ...controller.write];
  const bytes = total(channels, "bytes");
  const busy = total(channels, "busy_ns");
  // Notifications move a few bytes, and so does the end of a stream.
  if (bytes < mebibyte || busy === 0) return [];
  return [
    [`engine_channels_busy.${direction}`, "1", busy / ns],
    [`engine_channel_rate.${direction}`, "Gb/s", (bytes * 8) / busy],
  ];
}

/** What one stream over bare queue pairs came to: throughput, what went over the link for a frame, what a MiB cost. */
function queuePairs(run: QpSample, direction: string): [string, string, number][] {
  const { bytes, ns, frames, controller, cost } = run;
  const each = (name: string, count: number): [string, string, number] => [
    `instructions_per_MiB.${direction}.${name}`,
    "1/MiB",
    count / ((cost?.bytes ?? 0) / mebibyte),
  ];
  const throughput: [string, string, number] = [
    `qp_throughput.${direction}`,
    "Gb/s",
    (bytes * 8) / ns,
  ];
  return [
    // Guests whose instructions are counted have clocks that go by them.
    ...(cost ? [] : [throughput, ...engineUse(run, direction)]),
    ...linkTraffic(controller).map(([name, count]): [string, string, number] => [
      `${name}_per_frame.${direction}`,
      "1",
      count / frames,
    ]),
    ...(cost
      ? [
          each("host", cost.instructions.host),
          each("endpoint", cost.instructions.endpoint),
          each("total", cost.instructions.host + cost.instructions.endpoint),
        ]
      : []),
  ];
}

function metricDirection(direction: Direction): string {
  return direction.replaceAll("-", "_");
}

function countersIn(item: Evidence): readonly Counters[] {
  if (item.kind === "iperf3") return [item.data.counters];
  if (item.kind === "transfer-file") return item.data.transfers.map(({ counters }) => counters);
  return [];
}

/** The engine's counters by their metric names. */
export function engineCounters({ controller }: Pick<Counters, "controller">): [string, number][] {
  return [
    ["engine.read.bytes", total(controller.read, "bytes")],
    ["engine.write.bytes", total(controller.write, "bytes")],
    ["engine.notify.count", total(controller.read, "notifications")],
    ["msi.count", controller.msi + controller.msix],
  ];
}
