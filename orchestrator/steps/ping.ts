// SPDX-License-Identifier: MIT
import * as z from "zod";
import { GuestError } from "../lab/errors.ts";
import { type ControllerStats, statsSince } from "../lab/stats.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { betweenField, linkField } from "../scenario/topology/graph-names.ts";
import { aboutTraffic, trafficPer, trafficWord } from "./link-traffic.ts";
import { networkField, overWhich, trafficOf } from "./network.ts";
import { defineStep, execOptions, type GuestCommand } from "./step-kind.ts";
import { beforeStretch } from "./stretch.ts";

export interface PingEvidence {
  readonly sent: number;
  readonly received: number;
  /** Round-trip times in milliseconds, one for each answer. */
  readonly rtt: readonly number[];
  /** What the controller of the link, or of the first of several, counted meanwhile. */
  readonly controller?: ControllerStats;
}

const schema = z.strictObject({
  link: linkField,
  between: betweenField,
  count: z.int().min(1).max(10_000).default(50).describe("How many requests are sent."),
  "interval-ms": z
    .int()
    .min(2)
    .max(10_000)
    .default(20)
    .describe("Milliseconds between two requests."),
  network: networkField,
});

/**
 * After its last request ping waits for answers no longer than twice the longest time so far: what comes
 * later would count as lost. So the kernel's own count of answers decides, two seconds later at most.
 * Nothing is printed meanwhile: it would be sent to the lab between two requests.
 */
function command(params: z.output<typeof schema>, { topology }: VariantPlan): GuestCommand {
  const { ends, interfaces, addresses } = trafficOf(topology, params);
  const interval = params["interval-ms"] / 1000;
  return {
    on: ends.host,
    what: "ping",
    script: `counted() {
  awk -v name=$1 '/^Icmp:/ { if (n++) print $column[name]; else for (i = 2; i <= NF; i++) column[$i] = i }' /proc/net/snmp
}
sent=$(counted OutEchos) answered=$(counted InEchoReps)
said=$(ping -n -I ${interfaces.host} -c ${params.count} -i ${interval} ${addresses.endpoint} 2>&1)
echo "$said"
tries=40
while [ $(($(counted OutEchos) - sent)) -gt $(($(counted InEchoReps) - answered)) ] && [ $tries -gt 0 ]; do
  sleep 0.05
  tries=$((tries - 1))
done
echo "answered $(($(counted InEchoReps) - answered))"`,
  };
}

/** Reads the output of iputils' ping and the count behind it. Throws when one of them is missing. */
export function parsePing(text: string): PingEvidence {
  const sent = /(\d+) packets transmitted/.exec(text);
  const answered = /^answered (\d+)$/m.exec(text);
  if (!sent || !answered) {
    throw new GuestError(`expected ping's summary, got: ${text.slice(-200).trim()}`);
  }
  const rtt = [...text.matchAll(/ time=([\d.]+) ms/g)].map((match) => Number(match[1]));
  return { sent: Number(sent[1]), received: Number(answered[1]), rtt };
}

export const ping = defineStep({
  kind: "ping",
  summary: "pings the endpoint from the host and counts the answers",
  schema,
  limitMs: (params) => 15_000 + params.count * params["interval-ms"] * 2,
  title: ({ count, ...where }) => `Ping ${count} times${overWhich(where)}`,
  commands: (params, plan) => [command(params, plan)],
  run: async (params, context): Promise<PingEvidence> => {
    const { on, script, what } = command(params, context.plan);
    const [first] = trafficOf(context.plan.topology, params).hops;
    const link = context.lab.link(first?.link.name);
    await beforeStretch(context, on);
    const before = await link.stats();
    // Answers that are missing are for the checks to judge.
    const result = await context.lab.vm(on).ssh.run(script, execOptions(context, what));
    const controller = statsSince(before, await link.stats());
    return { ...parsePing(`${result.stdout}${result.stderr}`), controller };
  },
  failure: ({ sent, received }) =>
    received > 0 ? undefined : { message: `none of ${sent} requests was answered`, lines: [] },
  measures: [
    {
      name: "rtt",
      unit: "ms",
      clock: "guests",
      about: "round-trip times, one sample an answer",
      samples: ({ rtt }) => [
        {
          values: rtt,
          points: ({ startMs, durationMs }) =>
            rtt.map((ms, place) => [startMs + ((place + 0.5) * durationMs) / rtt.length, ms]),
        },
      ],
    },
    {
      name: `${trafficWord}_per_round_trip`,
      unit: "1",
      clock: "none",
      about: `what went over the link for an answer; ${aboutTraffic}`,
      samples: ({ received, controller }) =>
        controller && received > 0 ? trafficPer(received, controller) : [],
    },
  ],
});
