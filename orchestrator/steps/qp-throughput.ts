// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type Instructions, instructionsSince, readInstructions } from "../lab/instructions.ts";
import { type ControllerStats, statsSince, total } from "../lab/stats.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { linkOf, namesOf } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { aboutTraffic, trafficPer, trafficWord } from "./link-traffic.ts";
import type { Clock, Measure, Sampled } from "./measure.ts";
import { median } from "./median.ts";
import {
  aboutDirection,
  type Direction,
  directionInMetrics,
  directions,
  directionsField,
  senderOf,
} from "./network.ts";
import { parseQpReports, type StreamReport, sum } from "./ntb-client-report.ts";
import { defineStep, type GuestCommand, inGuest, type StepContext } from "./step-kind.ts";
import { beforeStretch } from "./stretch.ts";

/** Streams, one or several one after the other, between two readings of the counters outside the guests: what they come to. */
export interface QpSample extends Omit<StreamReport, "began"> {
  readonly streams: readonly StreamReport[];
  readonly controller: ControllerStats;
  /** What the stream itself cost, where instructions are counted. */
  readonly cost: { readonly instructions: Instructions; readonly bytes: number } | undefined;
}

export interface QpThroughputEvidence {
  readonly samples: Readonly<Record<Direction, readonly QpSample[]>>;
}

const schema = z.strictObject({
  link: linkField,
  directions: directionsField,
  samples: z
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe("Streams in each direction, taken in turns; each is a sample of the metrics."),
  milliseconds: z.int().min(1).max(60_000).default(500).describe("How long each stream lasts."),
  beginnings: z
    .int()
    .min(1)
    .max(50)
    .default(1)
    .describe(
      "Streams in a direction before it is the other's turn, each begun at another time of the sender's tick: a sample's rate is their median.",
    ),
  size: z.int().min(65).max(65_536).default(65_536).describe("Payload of a frame, in bytes."),
  queues: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe("Queue pairs that are used; without it all that ntb_client has opened."),
});
type Params = z.output<typeof schema>;

function command(
  params: Params,
  { topology }: VariantPlan,
  direction: Direction,
  milliseconds: number,
): GuestCommand {
  const queues = params.queues === undefined ? "" : ` queues=${params.queues}`;
  const stream = `echo "throughput ms=${milliseconds} size=${params.size}${queues}" > run
cat report`;
  return {
    on: linkOf(topology, params.link)[senderOf(direction)],
    what: `ntb_client ${direction}`,
    script: `cd /sys/kernel/debug/ntb_client/ntb_client0
${params.beginnings === 1 ? stream : fromSeveralBeginnings(stream, params.beginnings)}`,
  };
}

/** A tick of the kernels, at HZ=250, and by how much of it later each stream begins that is one of several; microseconds. */
const tickUs = 4000;
const laterUs = 1370;

/**
 * What a stream moves depends on the microsecond at which it begins, for that decides how many frames share a descriptor. So
 * where it is to be compared with what another one moved, there are several: their median is less of a chance. When one ended
 * decides nothing for the next: the pause is up to a time of the clock.
 */
function fromSeveralBeginnings(stream: string, count: number): string {
  return `i=0
while [ $i -lt ${count} ]; do
now=\${EPOCHREALTIME/./}
usleep $(((i * ${laterUs} % ${tickUs} + ${tickUs} - now % ${tickUs}) % ${tickUs}))
${stream}
i=$((i + 1))
done`;
}

interface Reading extends Omit<StreamReport, "began"> {
  readonly streams: readonly StreamReport[];
  readonly controller: ControllerStats;
  readonly instructions: Instructions | undefined;
}

async function stream(
  context: StepContext,
  params: Params,
  guestCommand: GuestCommand,
): Promise<Reading> {
  const { lab, plan } = context;
  const link = lab.link(params.link);
  const counted = plan.topology["count-instructions"];
  const instructions = () => (counted ? readInstructions(lab, namesOf(plan.topology)) : undefined);
  await beforeStretch(context, guestCommand.on);
  const before = { controller: await link.stats(), instructions: await instructions() };
  const streams = parseQpReports(await inGuest(context, guestCommand), params.beginnings);
  const after = { instructions: await instructions(), controller: await link.stats() };
  return {
    streams,
    bytes: sum(streams.map(({ bytes }) => bytes)),
    ns: sum(streams.map(({ ns }) => ns)),
    frames: sum(streams.map(({ frames }) => frames)),
    controller: statsSince(before.controller, after.controller),
    instructions:
      before.instructions && after.instructions
        ? instructionsSince(before.instructions, after.instructions)
        : undefined,
  };
}

/**
 * A run, after the shortest one that there is: what both spend on the shell and its SSH is no part
 * of what moving the payload costs.
 */
async function sample(
  params: Params,
  context: StepContext,
  direction: Direction,
): Promise<QpSample> {
  const empty = context.plan.topology["count-instructions"]
    ? await stream(context, params, command(params, context.plan, direction, 1))
    : undefined;
  const { instructions, ...full } = await stream(
    context,
    params,
    command(params, context.plan, direction, params.milliseconds),
  );
  if (!instructions || !empty?.instructions) return { ...full, cost: undefined };
  return {
    ...full,
    cost: {
      bytes: full.bytes - empty.bytes,
      instructions: instructionsSince(empty.instructions, instructions),
    },
  };
}

async function run(params: Params, context: StepContext): Promise<QpThroughputEvidence> {
  const samples: Record<Direction, QpSample[]> = {
    "host-to-endpoint": [],
    "endpoint-to-host": [],
  };
  for (let round = 1; round <= params.samples; round++) {
    for (const direction of params.directions) {
      const taken = await sample(params, context, direction);
      samples[direction].push(taken);
      context.progress(`${direction} ${middleRate(taken).toFixed(2)} Gb/s`);
    }
  }
  return { samples };
}

const mebibyte = 1 << 20;

/** A metric for each direction, with what `samplesOf` makes of each stream. */
function ofStreams(
  name: string,
  unit: string,
  clock: Clock,
  about: string,
  samplesOf: (stream: QpSample, direction: string) => readonly Sampled[],
): Measure<QpThroughputEvidence> {
  return {
    ...{ name, unit, clock, about },
    samples: ({ samples }) =>
      directions.flatMap((one) =>
        samples[one].flatMap((stream) => samplesOf(stream, directionInMetrics(one))),
      ),
  };
}

/** Gb/s. */
function rate({ bytes, ns }: Pick<StreamReport, "bytes" | "ns">): number {
  return (bytes * 8) / ns;
}

function middleRate({ streams }: QpSample): number {
  return median(streams.map(rate));
}

/** What the engine moved and how long it was at work; nothing where that was no more than notifications. */
function engineWork({ controller }: QpSample): { bytes: number; busy: number } | undefined {
  const channels = [...controller.read, ...controller.write];
  const work = { bytes: total(channels, "bytes"), busy: total(channels, "busy_ns") };
  return work.bytes < mebibyte || work.busy === 0 ? undefined : work;
}

const measures: readonly Measure<QpThroughputEvidence>[] = [
  // Guests whose instructions are counted have clocks that go by them.
  ofStreams(
    "qp_throughput.<direction>",
    "Gb/s",
    "guests",
    `payload that arrived; ${aboutDirection}; not where the topology counts instructions, by which clocks go then`,
    (sample, direction) =>
      sample.cost ? [] : [{ which: [direction], values: [middleRate(sample)] }],
  ),
  ofStreams(
    "engine_channels_busy.<direction>",
    "1",
    "none",
    "how many of the engine's channels were at work on average",
    (stream, direction) => {
      const work = stream.cost ? undefined : engineWork(stream);
      return work ? [{ which: [direction], values: [work.busy / stream.ns] }] : [];
    },
  ),
  ofStreams(
    "engine_channel_rate.<direction>",
    "Gb/s",
    "guests",
    "what one of them moved while it was at work",
    (stream, direction) => {
      const work = stream.cost ? undefined : engineWork(stream);
      return work ? [{ which: [direction], values: [(work.bytes * 8) / work.busy] }] : [];
    },
  ),
  ofStreams(
    `${trafficWord}_per_frame.<direction>`,
    "1",
    "none",
    `what went over the link for a frame; ${aboutTraffic}`,
    ({ frames, controller }, direction) => trafficPer(frames, controller, direction),
  ),
  ofStreams(
    "instructions_per_MiB.<direction>.<guest>",
    "1/MiB",
    "none",
    "what the `host`, the `endpoint` or both (`total`) executed for a MiB, where the topology counts instructions",
    ({ cost }, direction) => {
      if (!cost) return [];
      const counts = Object.entries(cost.instructions);
      const all = sum(counts.map(([, count]) => count));
      return [...counts, ["total", all] as const].map(([guest, count]) => ({
        which: [direction, guest],
        values: [count / (cost.bytes / mebibyte)],
      }));
    },
  ),
];

export const qpThroughput = defineStep({
  kind: "qp-throughput",
  summary: "measures bare queue pairs with ntb_client, in one direction or both in turns",
  schema,
  limitMs: ({ samples, beginnings, milliseconds, directions }) =>
    15_000 + samples * directions.length * (beginnings * milliseconds * 5 + 5000),
  title: ({ samples, beginnings, milliseconds }) =>
    `ntb_client, ${samples * beginnings} × ${milliseconds} ms in each direction`,
  commands: (params, plan) =>
    params.directions.map((direction) => command(params, plan, direction, params.milliseconds)),
  run,
  measures,
});
