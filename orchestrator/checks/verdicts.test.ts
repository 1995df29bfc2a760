// SPDX-License-Identifier: MIT
//
// What checks say in whole: what they measured, what they expected, and why they failed; and where exactly good ends.

import { describe, expect, test } from "vitest";
import type { ControllerStats } from "../lab/stats.ts";
import { idleChannel } from "../lab/testing/idle-channel.ts";
import type { Evidence } from "../steps/registry.ts";
import { judgeAcross } from "./across-variants.ts";
import type { CheckResult, Findings } from "./findings.ts";
import { checkKinds, judge } from "./registry.ts";

function check(kind: string, params: object, findings: Partial<Findings>): CheckResult {
  const parsed = checkKinds.get(kind)?.schema.parse(params) ?? {};
  const none = { evidence: [], consoles: { host: [], endpoint: [] }, metrics: [], complete: true };
  const [result] = judge([{ kind, id: "it", title: "a title", params: parsed }], {
    ...none,
    ...findings,
  });
  if (!result) throw new Error("no result");
  return result;
}

/** What is known of a step that a check calls `x`. */
const of = (kind: string, data: object): Pick<Findings, "evidence"> => ({
  evidence: [{ id: "x", kind, data } as Evidence],
});

const said = ({ status, measured, expected, reason }: CheckResult) => [
  ...[status, measured, expected, reason],
];

describe("carrier", () => {
  const judged = (host: boolean, endpoint: boolean) =>
    said(check("carrier", { of: "x" }, of("wait-for-link", { carrier: { host, endpoint } })));
  test("is wanted on both sides", () => {
    const both = "endpoint, host";
    expect(judged(true, true)).toEqual(["pass", both, both, ""]);
    expect(judged(true, false)).toEqual(["fail", "host", both, "one side has no carrier"]);
    expect(judged(false, false)).toEqual(["fail", "none", both, "one side has no carrier"]);
  });
});

describe("ping-loss", () => {
  const judged = (received: number, max: number) =>
    said(check("ping-loss", { of: "x", max }, of("ping", { sent: 9, received, rtt: [] })));
  test("is good up to its bound", () => {
    expect(judged(9, 0)).toEqual(["pass", 0, 0, ""]);
    expect(judged(7, 2)).toEqual(["pass", 2, "at most 2", ""]);
    expect(judged(6, 2)).toEqual(["fail", 3, "at most 2", "6 of 9 requests were answered"]);
  });
});

describe("throughput", () => {
  const run = (gigabits: number, lostPercent?: number) => ({ gigabits, lostPercent });
  const judged = (protocol: string, most: number | undefined, ...runs: object[]) =>
    said(
      check(
        "throughput",
        {
          of: "x",
          "min-megabits": 100,
          ...(most === undefined ? {} : { "max-loss-percent": most }),
        },
        of("iperf3", { protocol, samples: { "host-to-endpoint": runs, "endpoint-to-host": [] } }),
      ),
    );
  test("tells rates of directions that were run, and loss of datagrams", () => {
    expect(judged("tcp", undefined, run(0.1))).toEqual([
      ...["pass", "host-to-endpoint 100 Mb/s; endpoint-to-host not run", "at least 100 Mb/s", ""],
    ]);
    expect(judged("udp", undefined, run(0.2, 30), run(0.3))).toEqual([
      "pass",
      "host-to-endpoint 200 Mb/s, 30.0 % lost; endpoint-to-host not run",
      ...["at least 100 Mb/s", ""],
    ]);
    expect(judged("udp", 5, run(1, 5))[0]).toBe("pass");
    expect(judged("udp", 5, run(1, 5.5)).slice(2)).toEqual([
      "at least 100 Mb/s, at most 5 % lost",
      "host-to-endpoint: 5.5 % lost is above 5 %",
    ]);
  });
  test("a rate that is no number is not good", () => {
    expect(judged("tcp", undefined, run(Number.NaN))[0]).toBe("fail");
  });
});

test("same-sha256 tells each file's way, size and sum", () => {
  const sum = "0123456789abcdef".repeat(4);
  const file = { direction: "host-to-endpoint", bytes: 8 << 20, bytesReceived: 8 << 20 };
  const back = { ...file, direction: "endpoint-to-host", sha256Sent: sum, sha256Received: sum };
  const transfers = [{ ...file, sha256Sent: sum, sha256Received: sum }, back];
  expect(
    said(check("same-sha256", { of: "x", "min-size": "8M" }, of("transfer-file", { transfers }))),
  ).toEqual([
    "pass",
    "host-to-endpoint 8388608 B 0123456789ab; endpoint-to-host 8388608 B 0123456789ab",
    expect.stringMatching(/^the sender's SHA-256, 8 ?M\w* or more each way$/),
    "",
  ]);
});

describe("link-loss", () => {
  const work = { status: 1, stdout: "begun\n", stderr: "timed out\n", ms: 2000 };
  const judged = (params: object, data: object, timeoutScale?: number) =>
    said(
      check(
        "link-loss",
        { of: "x", ...params },
        {
          ...of("lose-link", { noticedMs: 20, ...data }),
          ...(timeoutScale === undefined ? {} : { timeoutScale }),
        },
      ),
    );
  const within = { "removed-within": "1s", "work-fails-within": "2s" };
  test("is good up to its limits", () => {
    expect(judged(within, { removedMs: 1000, work })).toEqual([
      "pass",
      "removed after 1.0 s; work ended with status 1 after 2.0 s: timed out",
      ...["removed within 1.0 s, work failed within 2.0 s", ""],
    ]);
    expect(judged(within, { removedMs: 1001, work })[0]).toBe("fail");
    expect(judged(within, { removedMs: 1, work: { ...work, ms: 2001 } })[0]).toBe("fail");
  });
  test("of a dead host is what the endpoint noticed; work that nobody asks for may end well", () => {
    expect(judged({}, { noticedMs: 999, work: { ...work, status: 0 } })).toEqual([
      "pass",
      "noticed after 999 ms; work ended with status 0 after 2.0 s: timed out",
      ...["noticed within 5.0 s", ""],
    ]);
    expect(judged({}, {})).toEqual(["pass", "noticed after 20 ms", "noticed within 5.0 s", ""]);
  });
  test("of a step that can lose no link is a fault of the check", () => {
    const sysctl = check("link-loss", { of: "x" }, of("sysctl", {}));
    expect(sysctl).toMatchObject({ status: "fail", measured: null, expected: null, unit: "" });
    expect(sysctl.reason).toMatch(/^the check itself broke: the step "x" lost no link/);
  });
});

describe("command", () => {
  const judged = (params: object, data: object) =>
    said(check("command", { of: "x", ...params }, of("shell", { ...data })));
  test("shows the last line, and in the reason all of the end", () => {
    const long = `${"a".repeat(400)}\nlast`;
    const [status, measured, expected, reason] = judged(
      {},
      { status: 1, stdout: ` ${long}\n`, stderr: "" },
    );
    expect([status, measured, expected]).toEqual(["fail", "status 1: last", "status 0"]);
    expect(reason).toBe(`the command ended with status 1 and printed: ${"a".repeat(295)}\nlast`);
  });
  test("an empty line is none where there is none, and the last line's end can be asked for", () => {
    const verdict = (stdout: string, printed: string) =>
      judged({ stdout }, { status: 0, stdout: printed, stderr: "" })[0];
    expect(["second\n", "", "a\n\nb\n"].map((printed) => verdict("^$", printed))).toEqual([
      ...["fail", "pass", "pass"],
    ]);
    expect(verdict("^two\\n$", "one\ntwo\n")).toBe("pass");
    expect(verdict("^one\\n$", "one\ntwo")).toBe("fail");
  });
  test("that printed nothing says so", () => {
    const quiet = { status: 1, stdout: "", stderr: "" };
    expect(judged({ status: 1 }, quiet)).toEqual(["pass", "status 1", "status 1", ""]);
    expect(judged({}, quiet)[3]).toBe("the command ended with status 1 and printed: nothing");
    expect(judged({}, { ...quiet, status: undefined })[1]).toBe("status none");
  });
});

describe("metric, ratio and spread", () => {
  const metric = (name: string, ...samples: number[]) => ({
    ...{ name, unit: "ms", clock: "guests" as const, samples },
    median: samples[0] ?? Number.NaN,
  });
  const metrics = [metric("rtt", 2, 2.5), metric("far", 20), metric("none")];
  const judged = (kind: string, params: object) => check(kind, params, { metrics });
  test("are good on their bounds", () => {
    expect(judged("metric", { metric: "rtt", min: 2, max: 2 })).toMatchObject({
      ...{ status: "pass", measured: 2, expected: "at least 2, at most 2", unit: "ms" },
    });
    expect(judged("metric", { metric: "rtt", min: 2.1 }).reason).toBe("2 ms is not at least 2.1");
    expect(judged("metric", { metric: "rtt", max: 1.9 }).reason).toBe("2 ms is not at most 1.9");
    expect(judged("ratio", { metric: "far", over: "rtt", min: 10 })).toMatchObject({
      ...{ status: "pass", measured: 10, expected: "at least 10", unit: "times" },
    });
    expect(judged("spread", { metric: "rtt", max: 12.5 })).toMatchObject({
      ...{ status: "pass", measured: 12.5, expected: "at most 12.5", unit: "%" },
    });
  });
  test("without bounds a metric must be a number", () => {
    expect(said(judged("metric", { metric: "rtt" }))).toEqual(["pass", 2, "measured", ""]);
    expect(judged("metric", { metric: "none" }).status).toBe("fail");
  });
  test("one that nobody measured is told, with those that were", () => {
    const missing = "no metric x; measured were: rtt, far, none";
    expect(judged("metric", { metric: "x" })).toMatchObject({ status: "fail", reason: missing });
    expect(judged("ratio", { metric: "x", over: "rtt" }).reason).toBe(missing);
    expect(judged("ratio", { metric: "rtt", over: "x" }).reason).toBe(missing);
    expect(judged("spread", { metric: "x", max: 1 }).reason).toBe(missing);
    expect(check("metric", { metric: "x" }, {}).reason).toBe("no metric x; measured were: none");
    expect(judged("spread", { metric: "far", max: 1 }).reason).toBe(
      "far has one sample: measure it in rounds",
    );
  });
});

describe("drivers-bound and dma-channels", () => {
  const guest = { bound: [{ bus: "pci", device: "d", driver: "ntb" }], dma: [] };
  const dma = [
    { channel: "c0", device: "d" },
    { channel: "c1", device: "e" },
  ];
  test("tell what there is", () => {
    const devices = of("inspect", { host: guest, endpoint: { bound: [], dma: [] } });
    const bound = { of: "x", host: ["ntb"], endpoint: ["ntb"] };
    const wanted = "endpoint ntb, host ntb";
    expect(said(check("drivers-bound", bound, devices)).slice(0, 3)).toEqual([
      "fail",
      "host ntb",
      wanted,
    ]);
    expect(check("drivers-bound", { of: "x", endpoint: ["ntb"] }, devices).measured).toBe("none");
    const channels = { of: "x", on: "host", bus: "pci", min: 2 };
    const few = "the host has 1 dmaengine channels of a pci device; all it has: c0 of d, c1 of e";
    const some = of("inspect", { host: { ...guest, dma }, endpoint: guest });
    expect(said(check("dma-channels", channels, some))).toEqual(["fail", 1, "at least 2", few]);
    expect(said(check("dma-channels", channels, devices))[3]).toContain("all it has: none");
  });
});

describe("window-payload", () => {
  const bar = (index: number, memoryBytes: number, hits = 0) => ({ index, memoryBytes, hits });
  const judged = (expected: string, bars: object[], bytesSent = 100) =>
    said(
      check(
        "window-payload",
        { of: "x", expect: expected },
        of("window-scan", { bars, bytesSent }),
      ),
    );
  test("looks where there is memory behind a BAR, for what was sent", () => {
    const some = [bar(2, 0), bar(5, 4096)];
    expect(judged("absent", some)).toEqual(["pass", 0, 0, ""]);
    expect(judged("present", [bar(2, 0, 1), bar(5, 4096, 2)])).toEqual([
      "pass",
      3,
      "at least 1",
      "",
    ]);
    expect(judged("absent", [bar(2, 0)])[3]).toBe("no BAR leads to memory of the endpoint");
    expect(judged("absent", [])[3]).toBe("the function has no memory BAR to look into");
    expect(judged("absent", some, 0)[3]).toBe("the marker was not sent");
  });
});

test("payload-by-dma is good on its bound", () => {
  const judged = (bytes: number) => {
    const controller = { read: [{ ...idleChannel, bytes }], write: [] };
    const transfers = [
      {
        direction: "host-to-endpoint",
        bytes: 1000,
        counters: { hops: [{ forward: "host-to-endpoint", controller }] },
      },
    ];
    return said(
      check("payload-by-dma", { of: "x", "max-ratio": 1.5 }, of("transfer-file", { transfers })),
    );
  };
  expect(judged(1500)).toEqual(["pass", "engine.read.bytes 1.500", "1 to 1.5", ""]);
  expect(judged(1501)[0]).toBe("fail");
  expect(judged(1000)[0]).toBe("pass");
});

describe("notifications", () => {
  const judged = (params: object) => {
    const controller = {
      read: [],
      write: [],
      doorbells: 1,
      msi: 2,
      msix: 3,
    } as unknown as ControllerStats;
    const step = { id: "x", kind: "sysctl", data: {}, controllers: { "": controller } } as Evidence;
    return said(check("notifications", { of: "x", ...params }, { evidence: [step] }));
  };
  test("tell how they came", () => {
    expect(judged({ by: "msi" })).toEqual(["pass", "5 by msi", "at least 1 by msi", ""]);
    expect(judged({ by: "doorbell", "not-by": "msi" })).toEqual([
      ...["fail", "1 by doorbell, 5 by msi", "at least 1 by doorbell, 0 by msi"],
      "5 notifications came by msi",
    ]);
  });
});

describe("checks", () => {
  const noise = { kind: "console-clean", id: "it", title: "t", params: {} };
  const findings = {
    evidence: [],
    consoles: { host: [], endpoint: [] },
    metrics: [],
    complete: true,
  };
  test("of one name are told apart by numbers from the second on", () => {
    expect(judge([noise, noise, noise], findings).map(({ id }) => id)).toEqual([
      "it",
      "it.2",
      "it.3",
    ]);
  });
  test("of an unknown kind have failed", () => {
    expect(judge([{ ...noise, kind: "nothing" }], findings)).toMatchObject([
      {
        id: "it",
        title: "t",
        status: "fail",
        reason: 'the check itself broke: no check kind "nothing"',
      },
    ]);
  });
  test("whose step is of another kind have failed", () => {
    expect(check("ping-loss", { of: "x" }, of("sysctl", {})).reason).toBe(
      'the check itself broke: expected evidence of kind ping from step "x"',
    );
  });
});

describe("across variants", () => {
  const result = (id: string, change: Partial<CheckResult>): CheckResult => ({
    ...{ id, title: id, status: "pass", measured: 0, expected: 0, unit: "", reason: "", ...change },
  });
  const left = { status: "skip", leftOut: true } as const;
  test("what one leaves out has to pass in another, and nothing is said where there is none", () => {
    const one = { name: "a", checks: [result("a.x", left), result("a.y", left)] };
    const other = { name: "b", checks: [result("b.x", {}), result("b.y", { status: "fail" })] };
    expect(judgeAcross([one, other])).toMatchObject([
      {
        status: "fail",
        measured: 1,
        expected: 2,
        unit: "tests",
        reason: "passed in no variant: y",
      },
    ]);
    const good = { name: "b", checks: [result("b.x", {}), result("b.y", {})] };
    expect(judgeAcross([one, good])).toMatchObject([{ status: "pass", measured: 2, reason: "" }]);
    expect(judgeAcross([one])).toEqual([]);
    expect(judgeAcross([good, good])).toEqual([]);
  });
});

describe("tests in a guest, in rounds", () => {
  const line = (name: string, ok: boolean) => ({ name, ok, diagnostic: "", output: [] });
  const report = (...tests: object[]) => ({
    tests,
    plan: tests.length,
    trailing: [],
    problems: [],
  });
  const round = (number: number, ...tests: object[]) =>
    ({
      ...{ id: "x", kind: "selftest", round: number },
      data: { format: "ktap", status: 1, ms: 1, report: report(...tests) },
    }) as unknown as Evidence;
  const judged = (...evidence: Evidence[]) => {
    const params = checkKinds.get("selftest")?.schema.parse({ of: "x" }) ?? {};
    const all = { evidence, consoles: { host: [], endpoint: [] }, metrics: [], complete: true };
    return judge([{ kind: "selftest", id: "suite", title: "suite", params }], all);
  };
  test("each test is one check, which fails with the first round that it failed in", () => {
    const results = judged(
      round(1, line("a", true), line("b", true)),
      round(2, line("a", true), line("b", false)),
      round(3, line("a", true), line("b", false), line("c", true)),
    );
    expect(results.slice(1).map(({ id, status, reason }) => [id, status, reason])).toEqual([
      ["a", "pass", ""],
      ["b", "fail", "round 2: the test gave no reason"],
      ["c", "pass", ""],
    ]);
  });
});
