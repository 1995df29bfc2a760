// SPDX-License-Identifier: MIT
import * as z from "zod";
import { GuestError } from "../lab/errors.ts";
import { defineStep, execOptions, type GuestCommand } from "./kind.ts";
import { addresses, ntbInterface } from "./network.ts";

export interface PingEvidence {
  readonly sent: number;
  readonly received: number;
  /** Round-trip times in milliseconds, one for each answer. */
  readonly rtt: readonly number[];
}

const schema = z.strictObject({
  count: z.int().min(1).max(10_000).default(50),
  /** Pause between two requests, in milliseconds. */
  "interval-ms": z.int().min(2).max(10_000).default(20),
});

function command(params: z.output<typeof schema>): GuestCommand {
  const interval = params["interval-ms"] / 1000;
  return {
    on: "host",
    what: "ping",
    script: `ping -n -I ${ntbInterface} -c ${params.count} -i ${interval} -W 2 ${addresses.endpoint}`,
  };
}

/** Reads the output of iputils' ping. Throws when its summary is missing. */
export function parsePing(text: string): PingEvidence {
  const summary = /(\d+) packets transmitted, (\d+) received/.exec(text);
  if (!summary) throw new GuestError(`expected ping's summary, got: ${text.slice(-200).trim()}`);
  const rtt = [...text.matchAll(/ time=([\d.]+) ms/g)].map((match) => Number(match[1]));
  return { sent: Number(summary[1]), received: Number(summary[2]), rtt };
}

export const ping = defineStep({
  kind: "ping",
  summary: "pings the endpoint from the host and counts the answers",
  schema,
  limitMs: (params) => 15_000 + params.count * params["interval-ms"] * 2,
  title: ({ count }) => `Ping ${count} times`,
  commands: (params) => [command(params)],
  run: async (params, context): Promise<PingEvidence> => {
    const { on, script, what } = command(params);
    // Ping exits with 1 when answers are missing: that is for the checks to judge.
    const result = await context.lab[on].ssh.run(script, execOptions(context, what));
    return parsePing(`${result.stdout}${result.stderr}`);
  },
});
