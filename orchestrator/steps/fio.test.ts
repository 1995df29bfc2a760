// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { InfrastructureError } from "../errors.ts";
import type { CommandResult } from "../lab/ssh.ts";
import { type FioEvidence, fio } from "./fio.ts";
import { parseFio } from "./fio-json.ts";
import { playedGuests, stepOf } from "./testing/played-guests.ts";

/** What fio 3.39 printed in a guest, without most of its fields. */
const printed = `{
  "fio version" : "fio-3.39",
  "jobs" : [
    {
      "jobname" : "lab",
      "error" : 0,
      "read" : { "io_bytes" : 8388608, "runtime" : 4187, "total_ios" : 209, "lat_ns" : { "min" : 1, "mean" : 18876412.5 } },
      "write" : { "io_bytes" : 8388608, "runtime" : 3529, "total_ios" : 209, "lat_ns" : { "min" : 1, "mean" : 16402107.0 } }
    }
  ]
}
`;

function evidence(change: Partial<FioEvidence> = {}): FioEvidence {
  return { status: 0, stdout: printed, stderr: "", verifies: true, ...change };
}

describe("fio's JSON", () => {
  test("is read behind the notes that come before it", () => {
    const note = "fio: multiple writers may overwrite blocks that belong to other jobs.\n";
    expect(parseFio(note + printed)).toEqual({
      error: 0,
      read: { requests: 209, bytes: 8388608, ms: 4187, meanLatencyMs: 18.8764125 },
      write: { requests: 209, bytes: 8388608, ms: 3529, meanLatencyMs: 16.402107 },
    });
  });
  test.each([
    ["a note alone", "fio: killed\n", /expected JSON from fio, got: fio: killed/],
    ["nothing", "", /expected JSON from fio, got: nothing/],
    ["half of it", printed.slice(0, 200), /expected JSON from fio, got: \{/],
    ["another program's", '{ "jobs" : [] }', /fio's JSON is not as expected/],
    ["several groups", '{ "jobs" : [{}, {}] }', /fio's JSON is not as expected/],
  ])("that is %s cannot be judged", (_what, text, message) => {
    expect(() => parseFio(text)).toThrow(message);
    expect(() => parseFio(text)).toThrow(InfrastructureError);
  });
});

describe("the step", () => {
  const scriptOf = (fields: object) => fio.commands(stepOf(fio, fields), {} as never)[0]?.script;

  test("verifies what it wrote, past the page cache, each job in a part of its own", () => {
    const script = scriptOf({ size: "16M", jobs: 2, "queue-depth": 32 });
    expect(script).toContain("--filename='/dev/nvme0n1' --rw=randwrite");
    expect(script).toContain("--size=8388608 --numjobs=2 --offset_increment=8388608");
    expect(script).toContain("--bsrange=512-131072 --blockalign=512");
    expect(script).toContain("--direct=1 --iodepth=32");
    expect(script).toContain("--verify=crc32c --verify_fatal=1 --do_verify=1");
  });

  test.each([{ access: "randread" }, { access: "read" }, { verify: false }])(
    "verifies nothing with %o",
    (fields) => {
      expect(scriptOf(fields)).not.toContain("verify");
    },
  );

  test.each([
    [{ size: 1000 }, "expected a multiple of 512 bytes"],
    [{ "block-sizes": ["8K", "4K"] }, "expected the smallest request first, and then the largest"],
    [
      { size: "64K", jobs: 2, "block-sizes": [512, "64K"] },
      "expected room for the largest request",
    ],
    [{ "block-sizes": ["4K", "8K"], "aligned-to": 512 }, "expected the smallest request's size"],
  ])("refuses %o", (fields, message) => {
    expect(() => stepOf(fio, fields)).toThrow(message);
  });

  test("has requests begin at multiples of the smallest one, so that none writes over another", () => {
    expect(scriptOf({ "block-sizes": ["4K", "64K"] })).toContain("--blockalign=4096");
    const other = { "block-sizes": ["4K", "64K"], "aligned-to": "1K" };
    for (const alone of [{ verify: false }, { access: "randread" }, { access: "write" }])
      expect(scriptOf({ ...other, ...alone })).toContain("--blockalign=1024");
  });

  test("asks for a program that not every image has, and what that wants of the kernel", () => {
    expect(fio.programs).toEqual(["fio"]);
    expect(fio.needs(stepOf(fio, { on: "endpoint" }), {} as never)).toEqual({
      endpoint: ["CONFIG_SYSVIPC"],
    });
  });

  test("returns what it measured, by access", async () => {
    const { context } = playedGuests({ answers: { fio: printed } });
    const found = await fio.run(stepOf(fio), context);
    expect(fio.failure(stepOf(fio), found)).toBeUndefined();
    expect(fio.measured(found)).toEqual([
      {
        name: "fio.throughput.read",
        unit: "Gb/s",
        clock: "guests",
        values: [(8388608 * 8) / 4187 / 1e6],
      },
      {
        name: "fio.throughput.write",
        unit: "Gb/s",
        clock: "guests",
        values: [(8388608 * 8) / 3529 / 1e6],
      },
      { name: "fio.latency.read", unit: "ms", clock: "guests", values: [18.8764125] },
      { name: "fio.latency.write", unit: "ms", clock: "guests", values: [16.402107] },
    ]);
  });

  test("measures nothing of what there was not", () => {
    const none = { requests: 0, bytes: 0, ms: 0, meanLatencyMs: 0 };
    const write = { requests: 1, bytes: 512, ms: 1, meanLatencyMs: 1 };
    const found = evidence({ figures: { error: 0, read: none, write } });
    expect(fio.measured(found).map(({ name }) => name)).toEqual([
      "fio.throughput.write",
      "fio.latency.write",
    ]);
    expect(fio.measured(evidence())).toEqual([]);
  });
});

describe("a fio that failed", () => {
  const ended = (outcome: Partial<CommandResult>, fields = {}) =>
    fio.failure(stepOf(fio, fields), evidence({ stdout: "", ...outcome }))?.message;

  test("says which block was not what was written", () => {
    const stderr = `crc32c: verify failed at file /dev/nvme0n1 offset 516096, length 512 (requested block: offset=516096, length=512)
       Expected CRC: 8f2ab3c1
       Received CRC: 00000000
fio: verify type mismatch (0 media, 18 given)
`;
    expect(ended({ status: 84, stderr })).toBe(
      "fio: crc32c: verify failed at file /dev/nvme0n1 offset 516096, length 512 (requested block: offset=516096, length=512)",
    );
  });
  test("says what else it said", () => {
    const stderr =
      "fio: io_u error on file /dev/nvme0n1: Input/output error: write offset=22660608\n";
    expect(ended({ status: 2, stderr })).toBe(`fio ended with status 2: ${stderr.trim()}`);
  });
  test("that is not there is one that the scenario does not ask for", () => {
    expect(ended({ status: 127 })).toMatch(/there is no fio in the image/);
  });
  test("may have failed where the step says so", () => {
    expect(ended({ status: 2 }, { "may-fail": true })).toBeUndefined();
  });
});
