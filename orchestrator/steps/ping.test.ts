// SPDX-License-Identifier: MIT

import { expect, test } from "vitest";
import type { ControllerStats } from "../lab/stats.ts";
import { countersOf } from "../lab/testing/counters.ts";
import { idleChannel } from "../lab/testing/idle-channel.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import type { Role } from "../scenario/topology/graph.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { parsePing, ping } from "./ping.ts";
import type { StepContext } from "./step-kind.ts";

const counted = (elements: number): ControllerStats => {
  const channel = { ...idleChannel, elements };
  return countersOf({ write: [channel], read: [channel] });
};

const printed = `64 bytes from 192.168.77.2: icmp_seq=1 ttl=64 time=0.512 ms
64 bytes from 192.168.77.2: icmp_seq=2 ttl=64 time=0.25 ms

--- 192.168.77.2 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 40ms
answered 3
`;

function asked(time: "wall" | "virtual") {
  const ran: [Role, string][] = [];
  const guest = (role: Role) => ({
    ssh: {
      run: async (script: string) => {
        ran.push([role, script]);
        return { stdout: printed, stderr: "" };
      },
      check: async (script: string) => {
        ran.push([role, script]);
        return { stdout: "", stderr: "" };
      },
    },
  });
  const snapshots = [counted(10), counted(16)];
  const link = { stats: async () => snapshots.shift() };
  const lab = { vm: guest, link: () => link };
  const context = {
    lab,
    limitMs: 1000,
    plan: { topology: { ...topologySchema.parse({}), time } },
  } as unknown as StepContext;
  const step = { params: ping.schema.parse({ count: 3 }) } as unknown as PlannedStep;
  return { ran, evidence: ping.run(step, context) };
}

const command = /^said=\$\(ping -n -I ntb0 -c 3 -i 0\.02 192\.168\.77\.2 2>&1\)$/m;

test("the host asks the endpoint, and what the link carried meanwhile is counted", async () => {
  const { ran, ...step } = asked("wall");
  const evidence = await step.evidence;
  expect(ran).toEqual([["host", expect.stringMatching(command)]]);
  expect(evidence).toMatchObject({
    ...{ sent: 3, received: 3, rtt: [0.512, 0.25] },
    controller: { read: [{ elements: 6 }], write: [{ elements: 6 }] },
  });
});

test("with virtual time the endpoint begins anew what it does periodically, before the host asks", async () => {
  const { ran, ...step } = asked("virtual");
  await step.evidence;
  expect(ran).toEqual([
    ["endpoint", ":"],
    ["host", expect.stringMatching(command)],
  ]);
});

test("no answer at all has failed, one has not", () => {
  const step = { params: ping.schema.parse({}) } as unknown as PlannedStep;
  expect(ping.failure(step, { sent: 5, received: 0, rtt: [] })?.message).toBe(
    "none of 5 requests was answered",
  );
  expect(ping.failure(step, { sent: 5, received: 1, rtt: [1] })).toBeUndefined();
});

test("output without a summary, or without the kernel's count, is shown from its end", () => {
  const long = `${"x".repeat(300)} the end\n`;
  expect(() => parsePing(long)).toThrow(/^expected ping's summary, got: x{191} the end$/);
  expect(() => parsePing("3 packets transmitted, 3 received")).toThrow("expected ping's summary");
  expect(() => parsePing("answered 3\n")).toThrow("expected ping's summary");
});

test("round trips lie over the step's time, evenly, and traffic is told for an answer", () => {
  const controller = countersOf({ doorbells: 8, register_reads: 4 });
  const evidence = { sent: 4, received: 2, rtt: [1, 3], controller };
  const measured = ping.measured(evidence);
  expect(measured[0]).toMatchObject({ name: "rtt", unit: "ms", values: [1, 3] });
  const clock = (at: number) => at;
  expect(measured[0]?.points?.({ startMs: 100, durationMs: 40, clock })).toEqual([
    [110, 1],
    [130, 3],
  ]);
  expect(measured.slice(1)).toMatchObject([
    { name: "register_reads_per_round_trip", values: [2] },
    { name: "register_writes_per_round_trip", values: [0] },
    { name: "doorbells_per_round_trip", values: [4] },
    { name: "messages_per_round_trip", values: [0] },
  ]);
  // Of no answer, and where nobody has counted, there is nothing to tell.
  const names = (data: object) => ping.measured(data).map(({ name }) => name);
  expect(names({ ...evidence, received: 0 })).toEqual(["rtt"]);
  expect(names({ sent: 4, received: 2, rtt: [1, 3] })).toEqual(["rtt"]);
});
