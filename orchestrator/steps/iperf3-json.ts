// SPDX-License-Identifier: MIT
import * as z from "zod";
import { InfrastructureError } from "../errors.ts";
import { GuestError } from "../lab/errors.ts";

const sum = z.object({
  seconds: z.number(),
  bytes: z.number(),
  bits_per_second: z.number(),
  retransmits: z.number().optional(),
  packets: z.number().optional(),
  lost_packets: z.number().optional(),
  lost_percent: z.number().optional(),
});

/** The parts of `iperf3 --json` that the lab uses. */
const report = z.object({
  error: z.string().optional(),
  intervals: z
    .array(
      z.object({
        sum: z.object({
          start: z.number(),
          end: z.number(),
          bits_per_second: z.number(),
          omitted: z.boolean().optional(),
        }),
      }),
    )
    .optional(),
  end: z.object({ sum_sent: sum.optional(), sum_received: sum.optional() }).optional(),
});

/** One iperf3 run, as its receiver saw it. */
export interface Iperf3Sample {
  readonly seconds: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** What arrived, in Gb/s. */
  readonly gigabits: number;
  readonly retransmits: number | undefined;
  /** Percentage of datagrams lost; UDP only. */
  readonly lostPercent: number | undefined;
  /** What the client moved in each second or so. */
  readonly intervals: readonly Iperf3Interval[];
}

/** A stretch of a run, in seconds from its start. */
export interface Iperf3Interval {
  readonly start: number;
  readonly end: number;
  readonly gigabits: number;
}

/** Reads iperf3's JSON. Throws GuestError with iperf3's own words if it failed, InfrastructureError if it is no such JSON. */
export function parseIperf3(text: string): Iperf3Sample {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InfrastructureError(
      `expected JSON from iperf3, got: ${text.slice(0, 200) || "nothing"}`,
    );
  }
  const parsed = report.safeParse(json);
  if (!parsed.success) {
    throw new InfrastructureError(
      `iperf3's JSON is not as expected: ${z.prettifyError(parsed.error)}`,
    );
  }
  const { error, end, intervals = [] } = parsed.data;
  if (error !== undefined) throw new GuestError(`iperf3: ${error}`);
  if (!end?.sum_sent || !end.sum_received) {
    throw new InfrastructureError("iperf3's JSON has no end.sum_sent and end.sum_received");
  }
  return {
    seconds: end.sum_received.seconds,
    bytesSent: end.sum_sent.bytes,
    bytesReceived: end.sum_received.bytes,
    gigabits: end.sum_received.bits_per_second / 1e9,
    retransmits: end.sum_sent.retransmits,
    lostPercent: end.sum_received.lost_percent,
    intervals: intervals
      .filter(({ sum: { omitted } }) => omitted !== true)
      .map(({ sum: { start, end: until, bits_per_second } }) => ({
        start,
        end: until,
        gigabits: bits_per_second / 1e9,
      })),
  };
}
