// SPDX-License-Identifier: MIT
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { countersOf } from "../lab/testing/counters.ts";
import { idleChannel } from "../lab/testing/idle-channel.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { parseQpReports } from "./ntb-client-report.ts";
import { type QpSample, qpThroughput } from "./qp-throughput.ts";
import { playedGuests, stepOf } from "./testing/played-guests.ts";

const run = promisify(execFile);
const line = (queue: number, bytes: number, ns: number, received: number, began = 1000) =>
  `# throughput queue=${queue} direction=tx bytes=${bytes} ns=${ns} began=${began} sent=${received} received=${received} lost=0 missing=0 corrupt=0 errors=0`;

test("queues that run beside each other add up over the time of the slowest", () => {
  const text = [
    "KTAP version 1",
    "1..2",
    line(0, 1000, 50, 10),
    "ok 1 queue0.tx.throughput",
    line(1, 2000, 70, 20),
    "ok 2 queue1.tx.throughput",
  ].join("\n");
  expect(parseQpReports(text)).toEqual([{ bytes: 3000, ns: 70, frames: 30, began: 1000 }]);
});

test("queues that began one after the other took from the first one's begin to the last one's end", () => {
  const text = [line(0, 1000, 50, 10, 5000), line(1, 1000, 50, 10, 5020)].join("\n");
  expect(parseQpReports(text)).toEqual([{ bytes: 2000, ns: 70, frames: 20, began: 5000 }]);
});

test("a stream that lost something is an error, in ntb_client's words", () => {
  const text = [line(0, 1000, 50, 10), "not ok 1 queue0.tx.throughput # frames were lost"].join(
    "\n",
  );
  expect(() => parseQpReports(text)).toThrow("frames were lost");
});

test("runs that came one after the other are one each", () => {
  const runs = [
    ["KTAP version 1", line(0, 1000, 50, 10), line(1, 1000, 40, 10), "ok 1 queue0.tx.throughput"],
    ["KTAP version 1", line(0, 3000, 90, 30, 7000), "ok 1 queue0.tx.throughput", ""],
  ];
  const text = runs.flat().join("\n");
  expect(parseQpReports(text, 2)).toEqual([
    { bytes: 2000, ns: 50, frames: 20, began: 1000 },
    { bytes: 3000, ns: 90, frames: 30, began: 7000 },
  ]);
  expect(() => parseQpReports(text, 3)).toThrow("figures of 3 runs, got 2:");
  expect(() => parseQpReports(`${text}\nKTAP version 1\n`, 3)).toThrow(
    "expected ntb_client's figures, got",
  );
});

test("no figures are an error", () => {
  expect(() => parseQpReports("sh: can't create run: nonexistent directory")).toThrow("figures");
  expect(() => parseQpReports(`${"x".repeat(300)} the end\n`)).toThrow(
    /^expected ntb_client's figures, got: x{191} the end$/,
  );
});

describe("a stream measures", () => {
  const controller = countersOf({
    read: [{ ...idleChannel, bytes: 3 << 20, busy_ns: 500_000 }],
    ...{ msi: 3, msix: 2, imwr: 1 },
    ...{ doorbells: 8, register_reads: 16, register_writes: 4 },
  });
  const one = { bytes: 1 << 22, ns: 1_000_000, frames: 2, began: 0 };
  const stream = { ...one, streams: [one], controller };
  const measured = (one: QpSample) =>
    Object.fromEntries(
      qpThroughput
        .measured({ samples: { "host-to-endpoint": [one], "endpoint-to-host": [] } })
        .map(({ name, values }) => [name.replace("host_to_endpoint", "->"), values[0]]),
    );

  test("its rate, the engine's part in it, and what went over the link for a frame", () => {
    expect(measured({ ...stream, cost: undefined })).toEqual({
      "qp_throughput.->": ((1 << 22) * 8) / 1_000_000,
      "engine_channels_busy.->": 0.5,
      "engine_channel_rate.->": ((3 << 20) * 8) / 500_000,
      "register_reads_per_frame.->": 8,
      "register_writes_per_frame.->": 2,
      "doorbells_per_frame.->": 4,
      "messages_per_frame.->": 3,
    });
  });

  test("the middle rate of several beginnings, and the rest of all of them", () => {
    const streams = [one, { ...one, ns: 500_000 }, { ...one, ns: 400_000 }];
    const both = { streams, bytes: 3 << 22, ns: 1_900_000, frames: 4, controller, cost: undefined };
    const found = qpThroughput.measured({
      samples: { "host-to-endpoint": [both], "endpoint-to-host": [] },
    });
    const values = (name: string) => found.find((metric) => metric.name.startsWith(name))?.values;
    expect(values("qp_throughput")).toEqual([((1 << 22) * 8) / 500_000]);
    expect(values("doorbells_per_frame")).toEqual([2]);
  });

  test("all that the host's CPU reads and writes, where the controller counts it", () => {
    const timed = { ...controller, bar_reads: 20, bar_writes: 30 };
    expect(measured({ ...stream, controller: timed, cost: undefined })).toMatchObject({
      "reads_per_frame.->": 10,
      "writes_per_frame.->": 15,
    });
  });

  test("what it cost where instructions are counted, and no rates: clocks go by them", () => {
    const cost = { instructions: { host: 10, endpoint: 30 }, bytes: 2 << 20 };
    expect(measured({ ...stream, cost })).toMatchObject({
      "instructions_per_MiB.->.host": 5,
      "instructions_per_MiB.->.endpoint": 15,
      "instructions_per_MiB.->.total": 20,
    });
    expect(measured({ ...stream, cost })).not.toHaveProperty("qp_throughput.->");
  });
});

describe("instructions", () => {
  const report = (bytes: number) => `${line(0, bytes, 1000, 4)}\n`;

  /** Guests that execute more with each stream, and whose queues carry so much in it. */
  async function costs(counts: boolean) {
    const streams: string[] = [];
    const { context } = playedGuests({
      answers: { ntb_client: () => report(streams.length === 1 ? 1000 : 9000) },
      plan: { topology: { "count-instructions": counts } as never },
    });
    const executed = { host: 0, endpoint: 0 };
    let asked = 0;
    for (const role of ["host", "endpoint"] as const) {
      const execute = async () => {
        asked++;
        return executed[role];
      };
      Object.assign(context.lab.vm(role), { qmp: { execute } });
      const { check } = context.lab.vm(role).ssh;
      Object.assign(context.lab.vm(role).ssh, {
        check: (script: string, options: never) => {
          streams.push(/ms=\d+/.exec(script)?.[0] ?? "");
          executed.host += streams.length * 100;
          executed.endpoint += streams.length * 10;
          return check(script, options);
        },
      });
    }
    const step = stepOf(qpThroughput, { milliseconds: 700, directions: ["host-to-endpoint"] });
    const { samples } = await qpThroughput.run(step, context);
    return { streams, asked, sample: samples["host-to-endpoint"][0] };
  }

  test("are those of the stream alone: what a stream of nothing costs is taken off", async () => {
    const { streams, sample } = await costs(true);
    expect(streams).toEqual(["ms=1", "ms=700"]);
    expect(sample).toMatchObject({
      bytes: 9000,
      cost: { bytes: 8000, instructions: { host: 100, endpoint: 10 } },
    });
    expect(sample).not.toHaveProperty("instructions");
  });

  test("are not asked for where the topology does not count them", async () => {
    const { streams, asked, sample } = await costs(false);
    expect(streams).toEqual(["ms=700"]);
    expect(asked).toBe(0);
    expect(sample).toMatchObject({ bytes: 1000, cost: undefined });
  });
});

test("an engine that has moved less than a MiB, or was never at work, tells of no rate", () => {
  const rates = (bytes: number, busy: number) => {
    const controller = countersOf({ read: [{ ...idleChannel, bytes, busy_ns: busy }] });
    const stream = { bytes: 1 << 22, ns: 1000, frames: 2 };
    const one = { ...stream, streams: [stream], cost: undefined, controller };
    return qpThroughput
      .measured({ samples: { "host-to-endpoint": [one], "endpoint-to-host": [] } })
      .filter(({ name }) => name.startsWith("engine_")).length;
  };
  expect(rates(1 << 20, 10)).toBe(2);
  expect(rates((1 << 20) - 1, 10)).toBe(0);
  expect(rates(1 << 20, 0)).toBe(0);
});

test("each of several beginnings is at another time of a tick, whenever the one before it ended", async () => {
  const script = qpThroughput.commands(stepOf(qpThroughput, { beginnings: 15, size: 128 }), {
    topology: topologySchema.parse({}),
  } as never)[0]?.script;
  // A clock that goes on by a pause and, unevenly, by a stream.
  const played = `unset EPOCHREALTIME
at=1767225600003999
EPOCHREALTIME=1767225600.003999
moved() { at=$((at + $1)); EPOCHREALTIME=\${at:0:10}.\${at:10}; }
cd() { :; }
usleep() { moved "$1"; }
cat() { echo $((at % 4000)); moved $((4000 + i * i * 777)); }
`;
  const { stdout } = await run("bash", ["-c", played + script?.replaceAll("> run", "> /dev/null")]);
  const times = stdout.trim().split("\n").map(Number);
  expect(times).toEqual(Array.from({ length: 15 }, (_, place) => (place * 1370) % 4000));
  expect(new Set(times).size).toBe(15);
});

test("what is told meanwhile is what is judged: the middle rate of several beginnings", async () => {
  const report = [1000, 500, 400].map((ns) => `KTAP version 1\n${line(0, 1000, ns, 4)}\n`).join("");
  const { context, said } = playedGuests({ answers: { ntb_client: report } });
  const fields = { beginnings: 3, directions: ["host-to-endpoint"] };
  await qpThroughput.run(stepOf(qpThroughput, fields), context);
  expect(said).toEqual(["host-to-endpoint 16.00 Gb/s"]);
});

test("queues are named only where a number is asked for", () => {
  const script = (fields: object) =>
    qpThroughput.commands(stepOf(qpThroughput, fields), {
      topology: topologySchema.parse({}),
    } as never)[0]?.script;
  expect(script({})).toContain('"throughput ms=500 size=65536" > run');
});
