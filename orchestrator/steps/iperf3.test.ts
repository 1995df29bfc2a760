// SPDX-License-Identifier: MIT

import { expect, test } from "vitest";
import { countersOf } from "../lab/testing/counters.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import { iperf3 } from "./iperf3.ts";
import type { Direction } from "./network.ts";
import type { StepContext } from "./step-kind.ts";

const sum = { seconds: 1, bytes: 1e6, bits_per_second: 8e6, start: 0, end: 1 };
const report = JSON.stringify({ end: { sum_sent: sum, sum_received: sum } });
const stats = countersOf({ write: [], read: [] });

/** Guests whose iperf3 server is ready when it is told to, and what happens in them. */
function lab(client: (script: string) => string) {
  const happened: string[] = [];
  const counting = { check: async () => ({ stdout: "0\n0\n" }) };
  const server = {
    printed: async (_text: string, times: number) => {
      happened.push(`waited for ready ${times}`);
      await new Promise((resolve) => setImmediate(resolve));
      happened.push(`ready ${times}`);
    },
    stop: async () => void happened.push("stopped"),
  };
  const endpoint = { ssh: { ...counting, background: async () => server } };
  const run = async (script: string) => {
    happened.push("client");
    return { stdout: client(script) };
  };
  const context = {
    lab: { endpoint, host: { ssh: { ...counting, run } }, link: { stats: async () => stats } },
    ...{ plan: { topology: {} }, limitMs: 1000, progress: () => {} },
  };
  return { context: context as unknown as StepContext, happened };
}

const step = { params: iperf3.schema.parse({ seconds: 1 }) } as unknown as PlannedStep;

test("each client comes when the server has said that it is ready for it", async () => {
  const { context, happened } = lab(() => report);
  await iperf3.run(step, context);
  expect(happened).toEqual([
    ...["waited for ready 1", "ready 1", "client"],
    ...["waited for ready 2", "ready 2", "client", "stopped"],
  ]);
});

test("who sends is who the direction says: iperf3's client sends, and with --reverse its server does", async () => {
  const rates = { sending: 8e9, receiving: 3e9 };
  const { context } = lab((script) => {
    expect(script).toMatch(/^iperf3 --json --client 192\.168\.77\.2 /);
    const bits = script.includes("--reverse") ? rates.receiving : rates.sending;
    const moved = { ...sum, bits_per_second: bits };
    return JSON.stringify({ end: { sum_sent: moved, sum_received: moved } });
  });
  const { samples } = await iperf3.run(step, context);
  const rate = (direction: Direction) => samples[direction].map(({ gigabits }) => gigabits);
  expect(rate("host-to-endpoint")).toEqual([8]);
  expect(rate("endpoint-to-host")).toEqual([3]);
});

test.each([
  ["unable to receive control message: Connection reset by peer", 125],
  ["unable to connect to server: Connection timed out", 1],
])("a client that says %j: exit status %i", async (error, exitStatus) => {
  const { context } = lab(() => JSON.stringify({ error }));
  await expect(iperf3.run(step, context)).rejects.toMatchObject({ exitStatus });
});

test("a client that says nothing tells nothing of what is under test", async () => {
  const { context, happened } = lab(() => "");
  await expect(iperf3.run(step, context)).rejects.toMatchObject({ exitStatus: 125 });
  expect(happened.at(-1)).toBe("stopped");
});
