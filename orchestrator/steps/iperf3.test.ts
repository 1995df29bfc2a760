// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { countersOf } from "../lab/testing/counters.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { iperf3 } from "./iperf3.ts";
import { untilItListens } from "./iperf3-server.ts";
import type { Direction } from "./network.ts";
import type { StepContext } from "./step-kind.ts";
import { playedClock } from "./testing/played-clock.ts";
import { playedGuests, stepOf } from "./testing/played-guests.ts";

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
  const guests = { endpoint, host: { ssh: { ...counting, run } } };
  const context = {
    lab: {
      vm: (name: "host" | "endpoint") => guests[name],
      link: () => ({ stats: async () => stats }),
    },
    ...{ plan: { topology: topologySchema.parse({}) }, limitMs: 1000, progress: () => {} },
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

describe("with virtual time no connection of the server's tells the lab when it listens", () => {
  const asked = async (directions: Direction[] = ["host-to-endpoint", "endpoint-to-host"]) => {
    const topology = topologySchema.parse({ time: "virtual" });
    const played = playedGuests({ answers: { "iperf3 ": report }, plan: { topology } });
    const params = { seconds: 1, directions };
    const data = await iperf3.run(stepOf(iperf3, params), played.context);
    return { ...played, data };
  };

  test("before each client the guest is asked to wait for it, and it is ended after the last", async () => {
    const { happened } = await asked();
    const about = happened.filter((what) => /iperf3|settling/.test(what));
    const client = (direction: Direction) => [
      ...["endpoint: the iperf3 server", "endpoint: settling before a measurement"],
      `host: iperf3 ${direction}`,
    ];
    expect(about).toEqual([
      ...["endpoint: the iperf3 server", ...client("host-to-endpoint")],
      ...[...client("endpoint-to-host"), "endpoint: the iperf3 server"],
    ]);
  });

  /** Runs what waits for the server to be ready for so many clients, with what it has written by then. */
  function waits(clients: number, written: string) {
    const directory = mkdtempSync(join(tmpdir(), "iperf3-test-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, "log"), written);
    const script = untilItListens(clients)
      .replace("tries=500", "tries=3")
      .replaceAll("/run/iperf3-server.log", join(directory, "log"));
    return spawnSync("bash", ["-c", `usleep() { :; }\n${script}`], { encoding: "utf8" });
  }
  const line = "-".repeat(59);
  const listens = (test: number) => `${line}\nServer listening on 5201 (test #${test})\n${line}\n`;
  const served = "Accepted connection from 192.168.77.1, port 50000\n";

  test.each([
    [1, listens(1)],
    [2, listens(1) + served + listens(2)],
  ])("it is ready for client %i", (clients, written) => {
    expect(waits(clients, written)).toMatchObject({ status: 0, stderr: "" });
  });

  test.each([
    ["has not begun", 1, "iperf3: error - unable to bind\n"],
    ["has not closed the port on which the client before came", 2, listens(1) + served],
  ])("it is not: it %s", (_what, clients, written) => {
    expect(waits(clients, written)).toMatchObject({
      status: 1,
      stderr: `${written}the server does not listen\n`,
    });
  });
});

describe("the server's command", () => {
  /** Runs it with a program in iperf3's place, with its own files; its standard input stays open. */
  function serve(played: string) {
    const directory = mkdtempSync(join(tmpdir(), "iperf3-test-"));
    writeFileSync(
      join(directory, "iperf3"),
      `#!/bin/sh\necho $$ > ${directory}/iperf3-server.pid\n${played}\n`,
    );
    chmodSync(join(directory, "iperf3"), 0o755);
    const topology = topologySchema.parse({});
    const [command] = iperf3.commands(step, { topology } as never);
    const script = command?.script.replaceAll("/run/", `${directory}/`) ?? "";
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
    const child = spawn("sh", ["-c", script], { env });
    onTestFinished(async () => {
      // What waits for the end of its input outlives the command, and writes this when it comes.
      child.stdin.destroy();
      await vi.waitUntil(() => existsSync(join(directory, "iperf3-server.ended")));
      rmSync(directory, { recursive: true });
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended = once(child, "close").then(([status]) => ({ status, stdout, stderr }));
    return { child, ended };
  }

  test("ends when the server does, which has said why", async () => {
    const { ended } = serve("echo Server listening on 5201; echo bad >&2; exit 1");
    expect(await ended).toEqual({
      ...{ status: 1, stdout: "Server listening on 5201\n" },
      stderr: "bad\nthe server has ended by itself\n",
    });
  });

  test("ends the server when the lab closes its input, and says nothing of what it served", async () => {
    const { child, ended } = serve("echo Accepted; echo Server listening; exec sleep 60");
    await once(child.stdout, "data");
    child.stdin.end();
    expect(await ended).toMatchObject({ status: 0, stdout: "Server listening\n" });
  });
});

describe("the client is told", () => {
  const words = (fields: object, directions: Direction[] = ["host-to-endpoint"]) => {
    const step = {
      params: iperf3.schema.parse({ directions, ...fields }),
    } as unknown as PlannedStep;
    const topology = topologySchema.parse({ "direct-network": true });
    return iperf3.commands(step, { topology } as never).at(-1)?.script;
  };

  test("as little as can be, and each thing that is asked for", () => {
    const plain = "iperf3 --json --client 192.168.77.2 --time 3 --parallel 1";
    expect(words({})).toBe(plain);
    expect(words({}, ["endpoint-to-host"])).toBe(`${plain} --reverse`);
    expect(words({ "omit-seconds": 2 })).toBe(
      "iperf3 --json --client 192.168.77.2 --time 3 --omit 2 --parallel 1",
    );
    const udp = { protocol: "udp", "megabits-per-second": 50, length: 1400 };
    expect(words(udp)).toBe(`${plain} --udp --bitrate 50M --length 1400`);
    expect(words({ streams: 4, network: "direct" })).toBe(
      "iperf3 --json --client 192.168.78.2 --time 3 --parallel 4",
    );
  });
});

describe("instructions", () => {
  const run = async (fields: object, counts = true) => {
    const { context } = lab(() => report);
    const asked: string[] = [];
    const qmp = (role: string, step: number) => {
      let count = 0;
      return {
        execute: async () => {
          asked.push(role);
          count += step;
          return count;
        },
      };
    };
    Object.assign(context.lab.vm("host"), { qmp: qmp("host", 100) });
    Object.assign(context.lab.vm("endpoint"), { qmp: qmp("endpoint", 7) });
    Object.assign(context.plan.topology, { "count-instructions": counts });
    const params = iperf3.schema.parse({ seconds: 1, directions: ["host-to-endpoint"], ...fields });
    const { samples } = await iperf3.run({ params } as unknown as PlannedStep, context);
    return { asked, sample: samples["host-to-endpoint"][0] };
  };

  test("are counted around each client, where the topology counts them", async () => {
    const { asked, sample } = await run({});
    expect(sample?.instructions).toEqual({ host: 100, endpoint: 7 });
    expect(asked).toHaveLength(4);
  });

  test("are not where seconds are left out, whose share of them nobody knows", async () => {
    for (const { asked, sample } of [await run({ "omit-seconds": 1 }), await run({}, false)]) {
      expect(asked).toEqual([]);
      expect(sample).not.toHaveProperty("instructions");
    }
  });
});

test("what is left out of a measurement comes before its first second", async () => {
  const began = async (omitted: number) => {
    const { context } = lab(() => report);
    const fields = { seconds: 1, "omit-seconds": omitted, directions: ["host-to-endpoint"] };
    const params = iperf3.schema.parse(fields);
    playedClock(7);
    const { samples } = await iperf3.run({ params } as unknown as PlannedStep, context);
    return samples["host-to-endpoint"][0]?.beganAt;
  };
  expect(await began(0)).toBe(1_000_007);
  expect(await began(20)).toBe(1_000_007 + 20_000);
});

describe("measured", () => {
  const sample = {
    ...{ seconds: 2, bytesSent: 4 << 20, bytesReceived: 2 << 20, gigabits: 3, beganAt: 5000 },
    ...{ retransmits: undefined, lostPercent: undefined },
    intervals: [
      { start: 0, end: 1, gigabits: 2 },
      { start: 1, end: 2, gigabits: 4 },
    ],
  };
  const evidence = (protocol: string, first: object = sample) => ({
    ...{ protocol, counters: {} },
    samples: { "host-to-endpoint": [first, { ...sample, gigabits: 5 }], "endpoint-to-host": [] },
  });

  test("is what arrived by each protocol under its own name, one sample a run", () => {
    const of = (protocol: string) =>
      iperf3.measured(evidence(protocol)).map(({ name, unit, values }) => ({ name, unit, values }));
    expect(of("tcp")).toEqual([
      { name: "throughput.host_to_endpoint", unit: "Gb/s", values: [3, 5] },
    ]);
    expect(of("udp")).toEqual([
      { name: "udp.throughput.host_to_endpoint", unit: "Gb/s", values: [3, 5] },
    ]);
  });

  test("are instructions for a MiB that arrived, of each guest", () => {
    const counted = { ...sample, instructions: { endpoint: 8, host: 20 } };
    expect(iperf3.measured(evidence("tcp", counted)).slice(1)).toMatchObject([
      { name: "throughput_instructions_per_MiB.host_to_endpoint.endpoint", values: [4] },
      { name: "throughput_instructions_per_MiB.host_to_endpoint.host", values: [10] },
    ]);
  });

  test("is drawn as a step for each second, with nothing between two runs", () => {
    const [throughput] = iperf3.measured(evidence("tcp"));
    const points = throughput?.points?.({
      ...{ startMs: 0, durationMs: 1 },
      clock: (at) => at - 1000,
    });
    const one = [
      ...[
        [4000, 0],
        [4000, 2],
        [5000, 2],
      ],
      ...[
        [5000, 4],
        [6000, 4],
        [6000, 0],
      ],
    ];
    expect(points).toEqual([...one, ...one]);
    const without = evidence("tcp", { ...sample, intervals: [] });
    const [bare] = iperf3.measured(without);
    expect(bare?.points?.({ startMs: 0, durationMs: 1, clock: (at) => at - 1000 })).toEqual(one);
  });
});
