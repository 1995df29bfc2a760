// SPDX-License-Identifier: MIT
//
// The steps that move payload: who sends, who receives, what is counted meanwhile, and what is a failure.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { idleChannel } from "../lab/testing/idle-channel.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { qpThroughput } from "./qp-throughput.ts";
import { playedGuests, stepOf } from "./testing/played-guests.ts";
import { transferFile } from "./transfer-file.ts";
import { transportStatistics } from "./transport-statistics.ts";
import { windowScan } from "./window-scan.ts";

const interrupts = "100\n200\n           CPU0\n 10:  5  GICv3  ntb\n";

describe("transfer-file", () => {
  const mebi = 1 << 20;
  const answers = {
    "making a file": (role: string) => `hash-of-${role}  -\n`,
    "hashing the received": (role: string) =>
      `hash-of-${role === "host" ? "endpoint" : "host"}  -\n`,
    "receiving a file": `listening\n${mebi}\n`,
    counters: interrupts,
  };

  test("sends each guest's own file to the other one, and takes both hashes", async () => {
    let bytes = 0;
    const stats = () => {
      bytes += 7;
      return { read: [{ ...idleChannel, bytes }] };
    };
    const { context, happened, said } = playedGuests({ answers, stats });
    const evidence = await transferFile.run(stepOf(transferFile, { size: "1M" }), context);
    const of = (direction: string, sender: string) => ({
      ...{ direction, bytes: mebi, bytesReceived: mebi },
      ...{ sha256Sent: `hash-of-${sender}`, sha256Received: `hash-of-${sender}` },
    });
    expect(evidence).toMatchObject({
      transfers: [of("host-to-endpoint", "host"), of("endpoint-to-host", "endpoint")],
    });
    // Between the two readings that belong to a transfer, the counters grew once.
    expect(
      evidence.transfers.map(({ counters }) => counters.hops[0]?.controller.read[0]?.bytes),
    ).toEqual([7, 7]);
    expect(happened.filter((text) => /making|receiving.*until|sending|hashing/.test(text))).toEqual(
      [
        "host: making a file of random bytes",
        "endpoint: making a file of random bytes",
        'endpoint: receiving a file, until "listening"',
        "host: sending a file",
        'host: receiving a file, until "listening"',
        "endpoint: sending a file",
        "endpoint: hashing the received file",
        "host: hashing the received file",
      ],
    );
    expect(said).toContain("endpoint-to-host");
    expect(transferFile.failure(stepOf(transferFile), evidence)).toBeUndefined();
  });

  test.each([
    ["shorter", { bytesReceived: 5 }],
    ["other bytes", { sha256Received: "other" }],
  ])("what arrives otherwise has failed: %s", (_what, change) => {
    const whole = { direction: "host-to-endpoint", bytes: 9, bytesReceived: 9 };
    const file = { ...whole, sha256Sent: "a", sha256Received: "a", ms: 1000 };
    const damaged = { ...file, direction: "endpoint-to-host", ...change };
    const failure = (...transfers: object[]) =>
      transferFile.failure(stepOf(transferFile), { transfers });
    expect(failure(file)).toBeUndefined();
    expect(failure(file, damaged)?.message).toBe(
      "the file did not arrive as it was: endpoint-to-host",
    );
  });

  test("is a whole number of mebibytes, in the directions that are asked for", () => {
    const step = stepOf(transferFile, { size: "3M", directions: ["endpoint-to-host"] });
    const senders = transferFile
      .commands(step, { topology: topologySchema.parse({}) } as never)
      .map(({ on, what }) => `${on} ${what}`);
    expect(senders[0]).toBe("endpoint making a file of random bytes");
    expect(senders[1]).toBe("host receiving a file");
    expect(
      transferFile.commands(step, { topology: topologySchema.parse({}) } as never)[0]?.script,
    ).toContain("bs=1M count=3 ");
    expect(() => transferFile.schema.parse({ size: "1000" })).toThrow("expected a multiple of 1M");
    const transfers = [{ direction: "host-to-endpoint", bytesReceived: 1e9, ms: 4000 }];
    expect(transferFile.measured({ transfers })).toMatchObject([
      { name: "file.throughput.host_to_endpoint", unit: "Gb/s", values: [2] },
    ]);
  });
});

describe("window-scan", () => {
  test("looks for what it sent behind the host's BARs, and leaves no copy of them", async () => {
    const directory = mkdtempSync(join(tmpdir(), "window-scan-test-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    let marker = "";
    const saved: object[] = [];
    const qmp = {
      human: async () => `FlatView #1
 AS "memory", root: system
  0000000010000000-0000000010000fff (prio 0, i/o): registers
  0000000010001000-0000000010002fff (prio 0, ram): window
  0000000090000000-00000000900fffff (prio 0, ram): elsewhere
`,
      execute: async (_command: string, { filename, ...range }: { filename: string }) => {
        saved.push(range);
        writeFileSync(filename, `${marker}..${marker}`);
      },
    };
    const resource = "0x10000000 0x10003fff 0x40200\n0x0 0x0 0x0\n0x5000 0x50ff 0x40101\n";
    const answers = { "where the BARs": resource, "receiving a file": "listening\n4194304\n" };
    const played = playedGuests({ answers, qmp, directory });
    const { context, scripts, happened } = played;
    // What the host makes its file of is known when it makes it.
    const check = context.lab.vm("host").ssh.check.bind(context.lab.vm("host").ssh);
    Object.assign(context.lab.vm("host").ssh, {
      check: async (script: string, options: never) => {
        marker = /^yes (\w+)/.exec(script)?.[1] ?? marker;
        return check(script, options);
      },
    });
    expect(await windowScan.run(stepOf(windowScan), context)).toEqual({
      bytesSent: 4194304,
      bars: [{ index: 0, address: 0x10000000, bytes: 0x4000, memoryBytes: 0x2000, hits: 2 }],
    });
    expect(marker).toMatch(/^[0-9a-f]{64}$/);
    expect(saved).toEqual([{ val: 0x10001000, size: 0x2000 }]);
    expect(readdirSync(directory)).toEqual([]);
    expect(scripts.get("host: making the marker")).toContain("bs=65536 count=64 ");
    expect(happened.at(-1)).toBe("endpoint: receiving a file");
  });
});

describe("transport-statistics", () => {
  const plan = { transport: { statistics: "/sys/kernel/debug/ntb_transport/*" } as never };
  const text = (bytes: number) =>
    `pair qp0\nbackend: edma\ntx_bytes: ${bytes}\nrx_bytes: 1\nlooks: ${bytes}\n`;

  test("are those at rest: read again until nothing moves any more", async () => {
    let readings = 0;
    const answers = { statistics: () => text(Math.min(3, ++readings >> 1)) };
    const { context } = playedGuests({ answers, plan });
    const evidence = await transportStatistics.run(stepOf(transportStatistics), context);
    expect(evidence).toMatchObject({ host: { backend: "edma", queuePairs: [{ tx_bytes: 3 }] } });
    expect(readings).toBeGreaterThanOrEqual(8);
  });

  test("that never rest are told, at the end of the time that they have", async () => {
    let bytes = 0;
    const stats = () => ({ write: [{ ...idleChannel, bytes: bytes++ }] });
    const { context } = playedGuests({
      answers: { statistics: text(1) },
      stats,
      plan,
      limitMs: 700,
    });
    await expect(transportStatistics.run(stepOf(transportStatistics), context)).rejects.toThrow(
      "expected traffic to end",
    );
  });
});

describe("qp-throughput", () => {
  const report = (bytes: number) =>
    `# throughput queue=0 direction=tx bytes=${bytes} ns=1000 began=7 sent=4 received=4 lost=0 missing=0 corrupt=0 errors=0\n`;

  test("takes the directions in turns, and says of each who sends", async () => {
    let msi = 0;
    const answers = { ntb_client: report(8000) };
    const stats = () => ({ msi: msi++ });
    const plan = { topology: { "count-instructions": false } as never };
    const { context, happened, said, scripts } = playedGuests({ answers, stats, plan });
    const step = stepOf(qpThroughput, { samples: 2, milliseconds: 700, queues: 3 });
    const evidence = await qpThroughput.run(step, context);
    expect(happened).toEqual([
      ...["host: ntb_client host-to-endpoint", "endpoint: ntb_client endpoint-to-host"],
      ...["host: ntb_client host-to-endpoint", "endpoint: ntb_client endpoint-to-host"],
    ]);
    expect(scripts.get("host: ntb_client host-to-endpoint")).toContain(
      '"throughput ms=700 size=65536 queues=3" > run',
    );
    const sample = { bytes: 8000, ns: 1000, frames: 4, cost: undefined, controller: { msi: 1 } };
    expect(evidence).toMatchObject({
      samples: { "host-to-endpoint": [sample, sample], "endpoint-to-host": [sample, sample] },
    });
    expect(said[0]).toBe("host-to-endpoint 64.00 Gb/s");
    expect(qpThroughput.measured(evidence)).toContainEqual(
      expect.objectContaining({ name: "qp_throughput.endpoint_to_host", values: [64] }),
    );
  });
});
