// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type ChannelStats, total } from "../lab/stats.ts";
import { otherEnd, type Role } from "../scenario/topology/graph.ts";
import type { SideStatistics } from "../steps/transport-statistics.ts";
import { defineCheck } from "./check-kind.ts";
import { evidenceOf, stepOf } from "./step-field.ts";

/** Two figures that must be equal, and what they are. */
interface Equation {
  readonly what: string;
  readonly left: number;
  readonly right: number;
}

const sides = ["host", "endpoint"] as const;

export const transportSums = defineCheck({
  kind: "transport-sums",
  summary:
    "ntb_transport's statistics add up: with each other, with the peer's, and with the engine's counters; notifications interrupt the peer",
  schema: z.strictObject({
    of: stepOf("transport-statistics"),
    lost: z
      .enum(["none", "some"])
      .default("none")
      .describe("Whether frames have to have been lost, and counted as such on both sides."),
    pairs: z
      .int()
      .min(1)
      .optional()
      .describe("Queue pairs on each side, each of which has to have carried frames both ways."),
  }),
  judge: ({ of, lost, pairs }, findings) => {
    const statistics = evidenceOf(findings, of, "transport-statistics");
    const { controller } = statistics;
    const aborted = total([...controller.write, ...controller.read], "aborts") > 0;
    const engine = engineOf(statistics.host, statistics.endpoint);
    const equations = sides.flatMap((side): Equation[] => {
      const here = statistics[side];
      const there = statistics[otherEnd[side]];
      const channels = side === "host" ? controller.read.slice(0, -1) : controller.write;
      return [
        ...betweenSides(side, here, there),
        ...(engine && !aborted ? [moved(side, here, channels)] : []),
      ];
    });
    const complaints = equations
      .filter(({ left, right }) => left !== right)
      .map(({ what, left, right }) => `${what}: ${left} is not ${right}`);
    for (const side of sides) {
      complaints.push(...silent(side, statistics[side], pairs));
      // Sessions that end with what is lost leave notifications that nobody answers.
      if (engine && lost === "none") {
        complaints.push(...unheard(side, statistics[side], statistics[otherEnd[side]]));
        complaints.push(...foundLate(side, statistics[side]));
      }
      if (lost === "none") complaints.push(...untold(side, statistics[side]));
    }
    const frames = sides.map((side) => `${side} ${sum(statistics[side], "tx_pkts")} frames`);
    // Nothing adds up to nothing.
    if (sides.every((side) => sum(statistics[side], "tx_pkts") === 0)) {
      complaints.push("no frame was sent");
    }
    const losses = sides.map((side) => sum(statistics[side], "tx_errors"));
    const lostFrames = (losses[0] ?? 0) + (losses[1] ?? 0);
    if (lost === "none" && lostFrames > 0) complaints.push(`${lostFrames} frames were lost`);
    if (lost === "some" && lostFrames === 0) complaints.push("no frame was lost");
    const bytes = sides.map((side) => sum(statistics[side], "tx_dma_bytes"));
    return {
      measured: `${frames.join(", ")}, ${lostFrames} lost${engine ? `; by the engine ${bytes.join(" and ")} bytes` : ""}`,
      expected: `${equations.length} sums that are equal, ${lost === "none" ? "no" : "some"} loss`,
      reason: complaints.length > 0 ? complaints.join("; ") : undefined,
    };
  },
});

function engineOf(...both: readonly SideStatistics[]): boolean {
  return both.every((side) => side.backend === "remote-edma");
}

/** What each side has sent, less what it knows as lost, is what its peer has received or refused. */
function betweenSides(name: string, here: SideStatistics, there: SideStatistics): Equation[] {
  const sent = sum(here, "tx_pkts");
  const lost = sum(here, "tx_errors");
  return [
    {
      what: `${name}: frames taken, and frames copied, moved by DMA or lost`,
      left: sent,
      right: sum(here, "tx_memcpy") + sum(here, "tx_async") + lost,
    },
    {
      what: `${name}: frames sent, and frames its peer received`,
      left: sent - lost,
      right: sum(there, "rx_pkts") + sum(there, "rx_err_oflow"),
    },
    {
      what: `${name}: bytes sent, and bytes its peer received`,
      left: sum(here, "tx_bytes"),
      right: sum(there, "rx_bytes"),
    },
    ...(engineOf(here, there)
      ? [
          {
            what: `${name}: frames lost, and losses its peer knows of`,
            left: lost,
            right: sum(there, "rx_lost"),
          },
        ]
      : []),
  ];
}

function moved(name: string, here: SideStatistics, channels: readonly ChannelStats[]): Equation {
  return {
    what: `${name}: bytes of DMA descriptors, and bytes the engine's channels moved`,
    left: sum(here, "tx_dma_bytes"),
    right: total(channels, "bytes"),
  };
}

function silent(name: string, { queuePairs }: SideStatistics, wanted: number | undefined) {
  if (wanted === undefined) return [];
  const idle = queuePairs.filter((pair) => !pair.tx_pkts || !pair.rx_pkts).length;
  return [
    ...(queuePairs.length === wanted
      ? []
      : [`${name}: ${queuePairs.length} queue pairs, not ${wanted}`]),
    ...(idle > 0 ? [`${name}: ${idle} queue pairs have carried nothing one way`] : []),
  ];
}

/**
 * What is lost is looked for now and then, and found: nothing but a slow link tells of interrupts that never come. Messages
 * may come together, while the host sends no notification before the last one was answered or given up.
 */
function unheard(name: Role, here: SideStatistics, there: SideStatistics): string[] {
  if (!here.notifications || !there.notifications) return [`${name}: no count of notifications`];
  const { sent, repeated } = here.notifications;
  const { received } = there.notifications;
  const least = name === "host" ? sent - repeated : Math.min(sent, 1);
  if (received >= least) return [];
  const told = `${sent} notifications${repeated > 0 ? `, ${repeated} of them repeated` : ""}`;
  return [`${name}: ${told}, and ${received} interrupted its peer`];
}

/** Frames that came, and no interrupt at all: they were found by looking twice a second. */
function untold(name: Role, side: SideStatistics): string[] {
  const frames = sum(side, "rx_pkts");
  if (frames < enough || sum(side, "interrupts") > 0) return [];
  if (side.queuePairs.some((pair) => pair.interrupts === undefined)) {
    return [`${name}: no count of interrupts`];
  }
  return [`${name}: ${frames} frames have arrived, and no interrupt told of any`];
}

/** Of fewer nothing is said. */
const enough = 10;

/**
 * A notification that nobody has answered within 100 ms is repeated, and the end of a descriptor that takes as long is looked for: on a slow
 * machine now and then. Where it is the rule, all arrives, and no interrupt does.
 */
function foundLate(name: Role, side: SideStatistics): string[] {
  const { sent = 0, repeated = 0 } = side.notifications ?? {};
  // The endpoint has its engine's interrupts themselves; only the host gets messages, which can be lost.
  if (name === "host" && side.polled === undefined) {
    return [`${name}: no count of descriptors whose end was looked for`];
  }
  const { polled = 0 } = side;
  const batches = sum(side, "tx_batches");
  return [
    ...(sent >= enough && repeated * 2 > sent
      ? [`${name}: of ${sent} notifications ${repeated} were repeated, for nobody answered`]
      : []),
    ...(batches >= enough && polled * 2 > batches
      ? [
          `${name}: of ${batches} descriptors the ends of ${polled} were looked for, for no interrupt told of them`,
        ]
      : []),
  ];
}

function sum({ queuePairs }: SideStatistics, name: string): number {
  return queuePairs.reduce((all, pair) => all + (pair[name] ?? 0), 0);
}
