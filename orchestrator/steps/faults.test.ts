// SPDX-License-Identifier: MIT
//
// What each fault asks of the lab: of whom, in which order, and what it tells of what came.

import { describe, expect, test } from "vitest";
import { idleChannel } from "../lab/testing/idle-channel.ts";
import { passingTime } from "../lab/testing/passing-time.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import type { Role } from "../scenario/topology/graph.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { abortDma } from "./fault-abort.ts";
import { linkLatency } from "./fault-latency.ts";
import { memoryPressure } from "./fault-memory.ts";
import { pauseVm } from "./fault-pause.ts";
import { loseLink } from "./lose-link.ts";
import type { StepContext, StepKind } from "./step-kind.ts";

/** A lab in which what is asked of it is written down; the controller's aborts come one with each look. */
function lab({ prints = "", aborts = 0 } = {}) {
  const happened: string[] = [];
  let left = aborts;
  let came = 0;
  let unplug = () => {};
  const work = { status: 0, stdout: "begun\n", stderr: "", ms: 1, command: "work" };
  const vm = (role: Role) => ({
    qmp: { execute: async (command: string) => void happened.push(`${role}: ${command}`) },
    ssh: {
      check: async () => {
        happened.push(`asked the ${role}`);
        return { stdout: prints };
      },
      background: async () => {
        happened.push(`work on the ${role}`);
        return { ended: undefined, stop: async () => work };
      },
    },
  });
  const link = {
    setLatency: async (from: Role, ms: number) => void happened.push(`${from}: ${ms} ms`),
    planAborts: async (planned: object) => void happened.push(JSON.stringify(planned)),
    abortsLeft: async (direction: string) => {
      happened.push(`${left} ${direction} left`);
      if (left > 0) came++;
      return left > 0 ? left-- : 0;
    },
    stats: async () => ({
      write: [{ ...idleChannel, aborts: 50 }],
      read: [{ ...idleChannel, aborts: 5 + came }],
    }),
    functionGone: () =>
      new Promise<void>((resolve) => {
        unplug = resolve;
      }),
    drop: async () => {
      happened.push("the link goes down");
      unplug();
    },
  };
  const context = {
    lab: {
      ...passingTime,
      ...{ vm, link: () => link, signal: new AbortController().signal },
      cutPower: async (role: Role) => {
        happened.push(`the ${role} has no power`);
        unplug();
      },
    },
    plan: {
      function: { vendor: 0x1957, device: 0x809 },
      topology: topologySchema.parse({ host: { hotplug: "pciehp" } }),
    },
    ...{ limitMs: 5000, progress: () => {} },
  };
  return { context: context as unknown as StepContext, happened };
}

const step = (kind: StepKind, fields: object) =>
  ({ params: kind.schema.parse(fields) }) as unknown as PlannedStep;
const during = { on: "host", ready: "begun", run: "work" };

test.each(["host", "endpoint"])(
  "pause-vm stops the VM that it names, and has it go on: %s",
  async (vm) => {
    const { context, happened } = lab();
    const fields = { vm, for: "5ms", after: "1ms", during };
    const evidence = await pauseVm.run(step(pauseVm, fields), context);
    expect(happened).toEqual(["work on the host", `${vm}: stop`, `${vm}: cont`]);
    expect(evidence).toMatchObject({ work: { status: 0, stdout: "begun\n" } });
  },
);

describe("abort-dma", () => {
  test("plans what it was asked for, waits until all came, and counts those of its direction", async () => {
    const { context, happened } = lab({ aborts: 2 });
    const fields = {
      direction: "read",
      error: "timeout",
      count: 2,
      skip: 3,
      channel: 1,
      after: "1ms",
      during,
    };
    const evidence = await abortDma.run(step(abortDma, fields), context);
    expect(happened).toEqual([
      ...[
        "work on the host",
        '{"direction":"read","error":"timeout","count":2,"skip":3,"channel":1}',
      ],
      ...["2 read left", "1 read left", "0 read left"],
    ]);
    expect(evidence).toMatchObject({ direction: "read", aborts: 2, work: { status: 0 } });
  });
  test("waits for none without work of its own: they come with later steps", async () => {
    const { context, happened } = lab({ aborts: 2 });
    const evidence = await abortDma.run(
      step(abortDma, { direction: "write", after: "1ms" }),
      context,
    );
    expect(happened).toEqual([
      '{"direction":"write","error":"unsupported-request","count":1,"skip":0}',
    ]);
    expect(evidence).toEqual({ direction: "write", aborts: 0 });
  });
  test.each([
    ["poisoned", true],
    ["completer-abort", false],
    ["timeout", false],
  ])("of a write, which is posted, %s can be: %j", (error, can) => {
    expect(abortDma.schema.safeParse({ direction: "write", error }).success).toBe(can);
    expect(abortDma.schema.safeParse({ direction: "read", error }).success).toBe(true);
  });
  test("says how many of those that were planned came in time", async () => {
    const { context } = lab({ aborts: 1_000_000 });
    const fields = { direction: "read", count: 1_000_000, after: "1ms", during };
    const late = abortDma.run(step(abortDma, fields), { ...context, limitMs: 50 });
    await expect(late).rejects.toThrow(
      /^only \d+ of 1000000 aborts of read channels came within .*: nothing more was moved$/,
    );
  });
});

describe("memory-pressure", () => {
  test("tells what was available before and after, in bytes", async () => {
    const { context, happened } = lab({ prints: "400000\n24576\n" });
    const taken = await memoryPressure.run(
      step(memoryPressure, { vm: "endpoint", leave: "24M" }),
      context,
    );
    expect(taken).toEqual({ availableBefore: 400000 * 1024, available: 24576 * 1024 });
    expect(happened).toEqual(["asked the endpoint"]);
  });
  test.each(["", "400000\n", "400000\nno number\n"])("takes %j for no answer", async (prints) => {
    const { context } = lab({ prints });
    const asked = memoryPressure.run(step(memoryPressure, { vm: "host", leave: "24M" }), context);
    await expect(asked).rejects.toThrow("expected the memory available before and after");
  });
  test("is told how much is to stay, or to release", () => {
    const script = (fields: object) =>
      memoryPressure.commands(step(memoryPressure, fields), {} as never)[0]?.script;
    expect(script({ vm: "host", leave: "24M" })).toContain("-gt 24576 ]");
    expect(script({ vm: "host", release: true })).toContain("umount");
    expect(() => memoryPressure.schema.parse({ vm: "host" })).toThrow(/expected `leave: SIZE`/);
    expect(() => memoryPressure.schema.parse({ vm: "host", leave: "1M", release: true })).toThrow();
  });
});

describe("lose-link", () => {
  test.each([
    [{}, "the link goes down"],
    [{ how: "endpoint-dies" }, "the endpoint has no power"],
  ])("%o: and the host's kernel is waited for", async (fields, what) => {
    const { context, happened } = lab();
    const loss = await loseLink.run(step(loseLink, { ...fields, after: "1ms" }), context);
    expect(happened).toEqual([what, "asked the host"]);
    expect(loss).toMatchObject({ removedMs: expect.any(Number) });
  });
});

test.each([
  [{ delay: "10ms" }, { endpoint: 10, host: 10 }],
  [{ delay: "none" }, { endpoint: 0, host: 0 }],
  [{ delay: "1s", from: "host" }, { host: 1000 }],
  [{ delay: "2ms", from: "endpoint" }, { endpoint: 2 }],
])("link-latency %o is of what both sides send, or one", async (fields, sides) => {
  const { context, happened } = lab();
  expect(await linkLatency.run(step(linkLatency, fields), context)).toEqual(sides);
  expect(happened).toEqual(Object.entries(sides).map(([from, ms]) => `${from}: ${ms} ms`));
});
