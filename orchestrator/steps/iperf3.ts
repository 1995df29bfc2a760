// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type Instructions, instructionsSince, readInstructions } from "../lab/instructions.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { type MachineName, namesOf } from "../scenario/topology/graph.ts";
import { betweenField, linkField } from "../scenario/topology/graph-names.ts";
import { type Counters, counting } from "./counters.ts";
import { type Iperf3Sample, parseIperf3 } from "./iperf3-json.ts";
import { serve, serverCommand } from "./iperf3-server.ts";
import type { Measure, Sampled, StepTime } from "./measure.ts";
import {
  aboutDirection,
  type Direction,
  directionInMetrics,
  directions,
  directionsField,
  networkField,
  overWhich,
  trafficOf,
} from "./network.ts";
import { blamed } from "./peer-gone.ts";
import { defineStep, execOptions, type GuestCommand, type StepContext } from "./step-kind.ts";
import { beforeStretch } from "./stretch.ts";

/** A run, and when what it tells of began: milliseconds of `performance.now()`, as consoles have them. */
export type TimedSample = Iperf3Sample & {
  readonly beganAt: number;
  /** What both guests executed for it, where instructions are counted. */
  readonly instructions?: Instructions;
};

export interface Iperf3Evidence {
  readonly protocol: "tcp" | "udp";
  readonly samples: Readonly<Record<Direction, readonly TimedSample[]>>;
  readonly counters: Counters;
  /** The machines between which it went, where that was no link's two. */
  readonly between?: readonly MachineName[];
}

const schema = z.strictObject({
  link: linkField,
  between: betweenField,
  protocol: z.enum(["tcp", "udp"]).default("tcp").describe("What carries the payload."),
  directions: directionsField,
  samples: z
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe("Runs in each direction, taken in turns; each is a sample of the metrics."),
  seconds: z.int().min(1).max(120).default(3).describe("How long each run is measured."),
  "omit-seconds": z
    .int()
    .min(0)
    .max(30)
    .default(0)
    .describe(
      "Seconds before these that no figure includes: windows open, and emulated code is translated.",
    ),
  streams: z.int().min(1).max(16).default(1).describe("Connections beside each other."),
  network: networkField,
  "megabits-per-second": z
    .int()
    .min(1)
    .optional()
    .describe("Sending rate in Mb/s; UDP, which has no flow control, needs one."),
  length: z
    .int()
    .min(16)
    .max(1 << 20)
    .optional()
    .describe("Bytes in one write, for UDP in one datagram; without it iperf3's own."),
});
type Params = z.output<typeof schema>;

/** The client runs on the host in both directions; with --reverse the endpoint is the sender. */
function clientCommand(
  params: Params,
  { topology }: VariantPlan,
  direction: Direction,
): GuestCommand {
  const { ends, addresses } = trafficOf(topology, params);
  const rate = params["megabits-per-second"];
  const words = [
    "iperf3 --json",
    `--client ${addresses.endpoint}`,
    `--time ${params.seconds}`,
    ...(params["omit-seconds"] === 0 ? [] : [`--omit ${params["omit-seconds"]}`]),
    `--parallel ${params.streams}`,
    ...(params.protocol === "udp" ? ["--udp"] : []),
    ...(rate === undefined ? [] : [`--bitrate ${rate}M`]),
    ...(params.length === undefined ? [] : [`--length ${params.length}`]),
    ...(direction === "endpoint-to-host" ? ["--reverse"] : []),
  ];
  return { on: ends.host, what: `iperf3 ${direction}`, script: words.join(" ") };
}

async function measure(params: Params, context: StepContext): Promise<Iperf3Evidence["samples"]> {
  const samples: Record<Direction, TimedSample[]> = {
    "host-to-endpoint": [],
    "endpoint-to-host": [],
  };
  const { lab, plan } = context;
  // What the omitted seconds moved is not told, so nothing can be said of a MiB.
  const counts = plan.topology["count-instructions"] && params["omit-seconds"] === 0;
  const counted = async () => (counts ? readInstructions(lab, namesOf(plan.topology)) : undefined);
  const server = await serve(context, trafficOf(plan.topology, params));
  let clients = 0;
  try {
    for (let round = 1; round <= params.samples; round++) {
      for (const direction of params.directions) {
        await server.readyFor(++clients);
        const { on, script, what } = clientCommand(params, plan, direction);
        await beforeStretch(context, on);
        const beganAt = performance.now() + params["omit-seconds"] * 1000;
        const before = await counted();
        const { stdout } = await lab.vm(on).ssh.run(script, execOptions(context, what));
        const after = await counted();
        const sample = {
          ...parseIperf3(stdout),
          beganAt,
          ...(before && after ? { instructions: instructionsSince(before, after) } : {}),
        };
        samples[direction].push(sample);
        context.progress(`${direction} ${sample.gigabits.toFixed(2)} Gb/s`);
      }
    }
  } finally {
    await server.stop();
  }
  return samples;
}

const mebibyte = 1 << 20;

function ofProtocol(
  protocol: Iperf3Evidence["protocol"],
  base: string,
): readonly Measure<Iperf3Evidence>[] {
  const each =
    (samplesOf: (direction: string, runs: readonly TimedSample[]) => readonly Sampled[]) =>
    (data: Iperf3Evidence) =>
      data.protocol === protocol
        ? directions.flatMap((one) =>
            samplesOf(directionInMetrics(one, data.between), data.samples[one]),
          )
        : [];
  return [
    {
      name: `${base}.<direction>`,
      unit: "Gb/s",
      clock: "guests",
      about: `what arrived by ${protocol.toUpperCase()}, one sample a run; ${aboutDirection}`,
      samples: each((direction, runs) => [
        {
          which: [direction],
          values: runs.map(({ gigabits }) => gigabits),
          points: ({ clock }) => flatPieces(runs, clock),
        },
      ]),
    },
    {
      name: `${base}_instructions_per_MiB.<direction>.<guest>`,
      unit: "1/MiB",
      clock: "none",
      about: "what a guest executed for a MiB that arrived, where the topology counts instructions",
      samples: each((direction, runs) =>
        guestsOf(runs).map((guest) => ({
          which: [direction, guest],
          values: runs.flatMap(({ instructions, bytesReceived }) => {
            const count = instructions?.[guest];
            return count === undefined ? [] : count / (bytesReceived / mebibyte);
          }),
        })),
      ),
    },
  ];
}

/** The guests whose instructions were counted. */
function guestsOf(runs: readonly TimedSample[]): string[] {
  return Object.keys(runs.find(({ instructions }) => instructions)?.instructions ?? {});
}

const measures: readonly Measure<Iperf3Evidence>[] = [
  ...ofProtocol("tcp", "throughput"),
  ...ofProtocol("udp", "udp.throughput"),
];

/** Flat while an interval lasts, and nothing between two runs. */
function flatPieces(
  runs: readonly TimedSample[],
  clock: StepTime["clock"],
): ReturnType<NonNullable<Sampled["points"]>> {
  return runs.flatMap(({ beganAt, intervals }): [number, number][] => {
    const at = (seconds: number) => clock(beganAt) + seconds * 1000;
    const last = intervals.at(-1);
    if (!last) return [];
    return [
      [at(0), 0],
      ...intervals.flatMap(({ start, end, gigabits }): [number, number][] => [
        [at(start), gigabits],
        [at(end), gigabits],
      ]),
      [at(last.end), 0],
    ];
  });
}

export const iperf3 = defineStep({
  kind: "iperf3",
  summary: "measures TCP or UDP throughput, in one direction or both in turns",
  schema,
  limitMs: ({ samples, seconds, directions, "omit-seconds": omitted }) =>
    15_000 + samples * directions.length * ((omitted + seconds) * 1000 + 5000),
  title: ({ protocol, samples, seconds, ...where }) =>
    `iperf3 ${protocol.toUpperCase()}, ${samples} × ${seconds} s in each direction${overWhich(where)}`,
  commands: (params, plan) => [
    serverCommand(trafficOf(plan.topology, params), plan.topology),
    ...params.directions.map((direction) => clientCommand(params, plan, direction)),
  ],
  run: async (params, context): Promise<Iperf3Evidence> => {
    const measured = () =>
      measure(params, context).catch((error: unknown) => {
        throw blamed(error);
      });
    const { result, counters } = await counting(
      context,
      trafficOf(context.plan.topology, params),
      measured,
    );
    const { protocol, between } = params;
    return { protocol, samples: result, counters, ...(between ? { between } : {}) };
  },
  measures,
});
