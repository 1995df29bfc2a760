// SPDX-License-Identifier: MIT

import { expect, test } from "vitest";
import type { Role } from "../lab/role.ts";
import type { ControllerStats } from "../lab/stats.ts";
import { countersOf } from "../lab/testing/counters.ts";
import { idleChannel } from "../lab/testing/idle-channel.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import { ping } from "./ping.ts";
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

test("the host asks the endpoint, and what the link carried meanwhile is counted", async () => {
  const ran: [Role, string][] = [];
  const guest = (role: Role) => ({
    ssh: {
      run: async (script: string) => {
        ran.push([role, script]);
        return { stdout: printed, stderr: "" };
      },
    },
  });
  const snapshots = [counted(10), counted(16)];
  const link = { stats: async () => snapshots.shift() };
  const lab = { host: guest("host"), endpoint: guest("endpoint"), link };
  const context = { lab, limitMs: 1000 } as unknown as StepContext;
  const step = { params: ping.schema.parse({ count: 3 }) } as unknown as PlannedStep;

  const evidence = await ping.run(step, context);
  expect(ran).toEqual([
    ["host", expect.stringMatching(/^ping -n -I ntb0 -c 3 -i 0\.02 192\.168\.77\.2$/m)],
  ]);
  expect(evidence).toMatchObject({
    ...{ sent: 3, received: 3, rtt: [0.512, 0.25] },
    controller: { read: [{ elements: 6 }], write: [{ elements: 6 }] },
  });
});

test("no answer at all has failed, one has not", () => {
  const step = { params: ping.schema.parse({}) } as unknown as PlannedStep;
  expect(ping.failure(step, { sent: 5, received: 0, rtt: [] })?.message).toBe(
    "none of 5 requests was answered",
  );
  expect(ping.failure(step, { sent: 5, received: 1, rtt: [1] })).toBeUndefined();
});
