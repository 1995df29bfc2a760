// SPDX-License-Identifier: MIT
import { type ControllerStats, statsSince } from "../lab/stats.ts";
import { type Role, roles } from "../scenario/topology/graph.ts";
import type { Direction, Traffic } from "./network.ts";
import { type GuestCommand, inGuests, type StepContext } from "./step-kind.ts";

/** What the guest at one end of traffic counted. */
export interface GuestCounters {
  /** Bytes that the NTB interface sent and received, Ethernet headers included. */
  readonly txBytes: number;
  readonly rxBytes: number;
  /** Interrupts by the name of their handler, over all CPUs, as /proc/interrupts has them. */
  readonly interrupts: Readonly<Record<string, number>>;
}

/** What the controller of a link counted, and which way over it goes what comes from the host of the traffic. */
export interface HopCounters {
  readonly forward: Direction;
  readonly controller: ControllerStats;
}

/** What the controllers of traffic's links and the guests at its ends counted, at one time or between two. */
export interface Counters {
  /** From the host to the endpoint; one, where the two share a link. */
  readonly hops: readonly HopCounters[];
  readonly host: GuestCounters;
  readonly endpoint: GuestCounters;
}

/** Without the interface, when other traffic is measured, it has moved nothing. */
function script(device: string): string {
  const statistics = `/sys/class/net/${device}/statistics`;
  return `cat ${statistics}/tx_bytes ${statistics}/rx_bytes 2> /dev/null || printf '0\\n0\\n'
cat /proc/interrupts`;
}

function commands({ ends, interfaces }: Traffic): GuestCommand[] {
  return roles.map((role) => ({
    on: ends[role],
    what: "reading counters",
    script: script(interfaces[role]),
  }));
}

async function readCounters(context: StepContext, traffic: Traffic): Promise<Counters> {
  const controllers = traffic.hops.map(async ({ link, forward }) => {
    return { forward, controller: await context.lab.link(link.name).stats() };
  });
  const [outputs, hops] = await Promise.all([
    inGuests(context, commands(traffic)),
    Promise.all(controllers),
  ]);
  const guests = roles.map((role, index): [Role, GuestCounters] => [
    role,
    parseGuestCounters(outputs[index] ?? ""),
  ]);
  return { hops, ...(Object.fromEntries(guests) as Record<Role, GuestCounters>) };
}

/** Runs `work` between two readings and returns what the counters grew by. */
export async function counting<Value>(
  context: StepContext,
  traffic: Traffic,
  work: () => Promise<Value>,
): Promise<{ result: Value; counters: Counters }> {
  const before = await readCounters(context, traffic);
  const result = await work();
  return { result, counters: countersSince(before, await readCounters(context, traffic)) };
}

export function countersSince(before: Counters, after: Counters): Counters {
  return {
    hops: after.hops.map(({ forward, controller }, index) => {
      const then = before.hops[index]?.controller;
      return { forward, controller: then ? statsSince(then, controller) : controller };
    }),
    host: guestSince(before.host, after.host),
    endpoint: guestSince(before.endpoint, after.endpoint),
  };
}

function guestSince(before: GuestCounters, after: GuestCounters): GuestCounters {
  return {
    txBytes: after.txBytes - before.txBytes,
    rxBytes: after.rxBytes - before.rxBytes,
    interrupts: Object.fromEntries(
      Object.entries(after.interrupts).map(([name, count]) => [
        name,
        count - (before.interrupts[name] ?? 0),
      ]),
    ),
  };
}

/** Reads two byte counts and then /proc/interrupts; lines of one handler name are added up. */
export function parseGuestCounters(text: string): GuestCounters {
  const [tx = "", rx = "", header = "", ...lines] = text.split("\n");
  const cpus = header.trim().split(/\s+/).filter(Boolean).length;
  const interrupts: Record<string, number> = {};
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    const label = words[0]?.replace(/:$/, "");
    const counts = words.slice(1, 1 + cpus).map(Number);
    if (!label || counts.some(Number.isNaN)) continue;
    const name = /^\d+$/.test(label)
      ? words
          .slice(1 + cpus)
          .join(" ")
          .replace(/^.*(?:Edge|Level)\s+/, "")
      : label;
    interrupts[name] = (interrupts[name] ?? 0) + counts.reduce((sum, count) => sum + count, 0);
  }
  return { txBytes: Number(tx), rxBytes: Number(rx), interrupts };
}
