// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { ControllerStats } from "../lab/stats.ts";
import { idleChannel } from "../lab/testing/idle-channel.ts";
import type { ScenarioCheck } from "../scenario/load.ts";
import type { Counters } from "../steps/counters.ts";
import { median } from "../steps/median.ts";
import type { Evidence } from "../steps/registry.ts";
import type { FileTransfer } from "../steps/transfer-file.ts";
import type { CheckResult, Findings } from "./findings.ts";
import { metricsOf } from "./metrics.ts";
import { checkKinds, judge } from "./registry.ts";

function counters(stats: Partial<ControllerStats> = {}): Counters {
  const guest = { txBytes: 0, rxBytes: 0, interrupts: {} };
  const none = { msi: 0, msix: 0, intx: 0, imwr: 0, doorbells: 0, faults: 0 };
  const registers = {
    register_reads: 0,
    register_writes: 0,
    doorbells_lost: 0,
    iatu_writes: 0,
    bar_changes: 0,
  };
  const controller = {
    write: [idleChannel],
    read: [idleChannel, idleChannel],
    ...none,
    ...registers,
    ...stats,
  };
  return { hops: [{ forward: "host-to-endpoint", controller }], host: guest, endpoint: guest };
}

const controllerOf = (stats?: Partial<ControllerStats>) =>
  counters(stats).hops[0]?.controller as ControllerStats;

function transfer(change: Partial<FileTransfer> = {}): FileTransfer {
  return {
    direction: "host-to-endpoint",
    bytes: 1 << 28,
    bytesReceived: 1 << 28,
    sha256Sent: "a".repeat(64),
    sha256Received: "a".repeat(64),
    ms: 1000,
    counters: counters({ read: [{ ...idleChannel, bytes: (1 << 28) + 1000 }] }),
    ...change,
  };
}

function sample(gigabits: number, lostPercent?: number) {
  const bytes = (gigabits * 1e9) / 8;
  return {
    seconds: 1,
    bytesSent: bytes,
    bytesReceived: bytes,
    gigabits,
    retransmits: 0,
    lostPercent,
    intervals: [],
    beganAt: 0,
  };
}

function check(
  kind: string,
  params: Record<string, unknown>,
  findings: Partial<Findings>,
): CheckResult {
  const schema = checkKinds.get(kind)?.schema;
  const parsed: ScenarioCheck = {
    kind,
    id: "it",
    title: "a title",
    params: schema?.parse(params) ?? {},
  };
  const none = { evidence: [], consoles: { host: [], endpoint: [] }, metrics: [], complete: true };
  const [result] = judge([parsed], { ...none, ...findings });
  if (!result) throw new Error("no result");
  return result;
}

const files = (...transfers: FileTransfer[]): Evidence[] => [
  { id: "files", kind: "transfer-file", data: { transfers } },
];

describe("same-sha256", () => {
  const of = { of: "files" };
  test("passes for a whole file", () => {
    expect(check("same-sha256", of, { evidence: files(transfer()) })).toMatchObject({
      status: "pass",
      reason: "",
    });
  });
  test.each([
    ["other bytes", { sha256Received: "b".repeat(64) }, /sent aaaa.* received bbbb/],
    ["a cut file", { bytesReceived: 5 }, /5 of 268435456 bytes arrived/],
    ["a small file", { bytes: 5, bytesReceived: 5 }, /only 5 bytes were sent/],
    ["two hashes that are none", { sha256Sent: "", sha256Received: "" }, /sent \?, received \?/],
  ])("fails for %s", (_what, change, reason) => {
    const result = check("same-sha256", of, { evidence: files(transfer(change)) });
    expect(result.status).toBe("fail");
    expect(result.reason).toMatch(reason);
  });
});

describe("payload-by-dma", () => {
  const judged = (read: number, direction: FileTransfer["direction"] = "host-to-endpoint") =>
    check(
      "payload-by-dma",
      { of: "files" },
      {
        evidence: files(
          transfer({ direction, counters: counters({ read: [{ ...idleChannel, bytes: read }] }) }),
        ),
      },
    );
  test("passes at the payload and up to a tenth above", () => {
    expect(judged(1 << 28).status).toBe("pass");
    expect(judged((1 << 28) * 1.09).status).toBe("pass");
  });
  test("fails when the engine moved less", () => {
    expect(judged((1 << 28) - 1).reason).toContain("below the payload");
  });
  test("asks the engine of each link on the way, by the way that the file took over it", () => {
    const hop = (forward: FileTransfer["direction"], stats: Partial<ControllerStats>) => ({
      forward,
      controller: controllerOf(stats),
    });
    const moved = [{ ...idleChannel, bytes: 1 << 28 }];
    const through = (direction: FileTransfer["direction"], second: Partial<ControllerStats>) => {
      const both = direction === "host-to-endpoint" ? { write: moved } : { read: moved };
      const hops = [hop("endpoint-to-host", both), hop("host-to-endpoint", second)];
      const evidence = files(transfer({ direction, counters: { ...counters(), hops } }));
      return check("payload-by-dma", { of: "files" }, { evidence });
    };
    expect(through("host-to-endpoint", { read: moved }).status).toBe("pass");
    expect(through("endpoint-to-host", { write: moved }).status).toBe("pass");
    expect(through("host-to-endpoint", { write: moved }).reason).toBe(
      "host-to-endpoint: engine.read.bytes 0 is below the payload 268435456",
    );
    expect(through("host-to-endpoint", {}).status).toBe("fail");
  });
  test("fails when the engine moved much more", () => {
    expect(judged((1 << 28) * 1.2).reason).toContain("more than 1.1 times");
  });
  test("looks at the write channels for the other direction", () => {
    expect(judged(1 << 28, "endpoint-to-host").reason).toContain("engine.write.bytes 0 is below");
  });
});

describe("window-payload", () => {
  const bar = { index: 5, address: 0, bytes: 4096, memoryBytes: 4096, hits: 0 };
  const scan = (change: object, expected: string) =>
    check(
      "window-payload",
      { of: "scan", expect: expected },
      {
        evidence: [
          {
            id: "scan",
            kind: "window-scan",
            data: { bytesSent: 100, bars: [{ ...bar, ...change }] },
          },
        ],
      },
    );
  test("absent", () => {
    expect(scan({}, "absent").status).toBe("pass");
    expect(scan({ hits: 2 }, "absent").reason).toBe("payload lies in the windows: BAR5 2");
  });
  test("present", () => {
    expect(scan({ hits: 2 }, "present").status).toBe("pass");
    expect(scan({}, "present").reason).toBe("no payload in the windows: BAR5 0");
  });
  test("does not take nothing to look at for nothing found", () => {
    expect(scan({ memoryBytes: 0 }, "absent").status).toBe("fail");
  });
});

describe("notifications", () => {
  const judged = (stats: Partial<ControllerStats> | undefined, params: object) => {
    const controller = controllerOf(stats);
    const data = { status: 0, stdout: "", stderr: "" };
    const step: Evidence = { id: "any", kind: "shell", data };
    return check(
      "notifications",
      { of: "any", ...params },
      { evidence: [stats ? { ...step, controllers: { "": controller } } : step] },
    );
  };
  test("by the read channel, and not by doorbell", () => {
    const by = { by: "read-channel", "not-by": "doorbell" };
    const read = [idleChannel, { ...idleChannel, notifications: 7 }];
    expect(judged({ read }, by)).toMatchObject({
      status: "pass",
      measured: "7 by read-channel, 0 by doorbell",
    });
    expect(judged({ read, doorbells: 1 }, by).reason).toBe("1 notifications came by doorbell");
    expect(judged({}, by).reason).toBe("no notification came by read-channel");
  });
  test("by MSI or MSI-X", () => {
    expect(judged({ msix: 1 }, { by: "msi" }).status).toBe("pass");
    expect(judged({}, { by: "msi" }).status).toBe("fail");
  });
  test("counters that could not be read are not counters at rest", () => {
    const result = judged(undefined, { by: "msi", "not-by": "doorbell" });
    expect(result).toMatchObject({ status: "fail" });
    expect(result.reason).toContain('could not be read before and after the step "any"');
  });
});

describe("throughput", () => {
  const judged = (
    { timeoutScale = 1, ...params }: { timeoutScale?: number; "max-loss-percent"?: number },
    ...runs: ReturnType<typeof sample>[]
  ) =>
    check(
      "throughput",
      { of: "x", "min-megabits": 100, ...params },
      {
        timeoutScale,
        evidence: [
          {
            id: "x",
            kind: "iperf3",
            data: {
              protocol: "udp",
              samples: { "host-to-endpoint": runs, "endpoint-to-host": [] },
              counters: counters(),
            },
          },
        ],
      },
    );
  test("looks at the worst sample", () => {
    expect(judged({}, sample(1), sample(0.1)).status).toBe("pass");
    expect(judged({}, sample(1), sample(0.05)).reason).toBe(
      "host-to-endpoint: 50 Mb/s is below 100 Mb/s",
    );
  });
  test("asks less of a machine that is given more time", () => {
    expect(judged({ timeoutScale: 3 }, sample(0.034)).status).toBe("pass");
    expect(judged({ timeoutScale: 3 }, sample(0.03)).reason).toBe(
      "host-to-endpoint: 30 Mb/s is below 33.3 Mb/s",
    );
  });
  test("looks at the worst loss", () => {
    expect(judged({ "max-loss-percent": 5 }, sample(1, 2), sample(1, 7)).reason).toContain(
      "7.0 % lost",
    );
  });
});

describe("console-clean", () => {
  const consoles = {
    host: ["[    1.0] all is well", "[    2.0] WARNING: drivers/x.c:5 at f+0x1/0x2, CPU#0: a/1"],
    endpoint: ["fine"],
  };
  test("names what was complained about, and where", () => {
    expect(check("console-clean", {}, { consoles })).toMatchObject({
      status: "fail",
      measured: 1,
      reason: "host console line 2: WARN: WARNING: drivers/x.c:5 at f+0x1/0x2, CPU#0: a/1",
    });
  });
  test("says where, if both kernels complained", () => {
    const { host } = consoles;
    const both = { endpoint: [...consoles.endpoint, ...host], host };
    expect(check("console-clean", {}, { consoles: both })).toMatchObject({
      measured: "2 (endpoint and host)",
      complaints: ["endpoint", "host"],
    });
  });
  test("passes over known noise", () => {
    const knownNoise = [{ pattern: "drivers/x\\.c:5", reason: "reported upstream" }];
    expect(check("console-clean", {}, { consoles, knownNoise })).toMatchObject({
      status: "pass",
      measured: "0, and 1 known",
    });
  });

  const errors = [
    { on: "host", text: "foo 0000:01:00.0: no doorbell", known: "polled" },
    { on: "endpoint", text: "bar: link stays down: -16" },
    { on: "endpoint", text: "bar: link stays down: -16" },
  ];
  test("tells of an error that nobody expects", () => {
    expect(check("console-clean", {}, { consoles: {}, errors })).toMatchObject({
      status: "fail",
      measured: "no complaint, 2 errors",
      reason:
        "the endpoint's kernel said at error level: bar: link stays down: -16, and 1 more; known-noise names what may be",
    });
    expect(check("console-clean", {}, { consoles: {}, errors: errors.slice(0, 2) })).toMatchObject({
      measured: "no complaint, 1 error",
      reason:
        "the endpoint's kernel said at error level: bar: link stays down: -16; known-noise names what may be",
    });
  });
  test("lets pass an error that is known, and any where that is wanted", () => {
    expect(check("console-clean", {}, { consoles: {}, errors: errors.slice(0, 1) })).toMatchObject({
      status: "pass",
      measured: 0,
    });
    expect(check("console-clean", { errors: "any" }, { consoles: {}, errors })).toMatchObject({
      status: "pass",
      measured: 0,
    });
  });
  test("does not take a kernel that could not be asked for one without errors", () => {
    const unread = [{ on: "host", why: "its log has lost its beginning" }];
    expect(check("console-clean", {}, { consoles: {}, unread })).toMatchObject({
      status: "fail",
      reason:
        "the host's kernel could not be asked what it has logged: its log has lost its beginning",
    });
    expect(check("console-clean", { errors: "any" }, { consoles: {}, unread })).toMatchObject({
      status: "pass",
    });
  });
  test("tells of a complaint first, and of the errors beside it", () => {
    expect(check("console-clean", {}, { consoles, errors })).toMatchObject({
      measured: "complaints: 1, 2 errors",
      complaints: ["host"],
      errors: Array(2).fill("the endpoint's kernel said at error level: bar: link stays down: -16"),
      reason:
        "host console line 2: WARN: WARNING: drivers/x.c:5 at f+0x1/0x2, CPU#0: a/1; beside that the endpoint's kernel said at error level: bar: link stays down: -16, and 1 more; known-noise names what may be",
    });
    const any = check("console-clean", { errors: "any" }, { consoles, errors });
    expect(any).toMatchObject({ measured: 1, complaints: ["host"] });
    expect(any).not.toHaveProperty("errors");
  });
  test("takes no line of a complaint for an error beside it", () => {
    const text = "WARNING: drivers/x.c:5 at f+0x1/0x2, CPU#0: a/1";
    const of = (on: string) => check("console-clean", {}, { consoles, errors: [{ on, text }] });
    expect(of("host")).toMatchObject({ measured: 1 });
    expect(of("host").reason).not.toContain("beside");
    // The other kernel has said it as well.
    expect(of("endpoint")).toMatchObject({ measured: "complaints: 1, 1 error" });
  });
  test("tells of a kernel that could not be asked beside the one that complained, which may be dead", () => {
    const unread = ["host", "endpoint"].map((on) => ({ on, why: "no answer" }));
    expect(check("console-clean", {}, { consoles, unread })).toMatchObject({
      errors: ["the endpoint's kernel could not be asked what it has logged: no answer"],
    });
  });
});

describe("drivers-bound and dma-channels", () => {
  const evidence: Evidence[] = [
    {
      id: "devices",
      kind: "inspect",
      data: {
        endpoint: { bound: [], dma: [] },
        host: {
          bound: [{ bus: "pci", device: "0000:01:00.0", driver: "ntb_hw_epf" }],
          dma: [{ channel: "dma0chan0", device: "0000:01:00.0" }],
        },
      },
    },
  ];
  test("name what is missing", () => {
    const params = { of: "devices", host: ["ntb_hw_epf"], endpoint: ["dw-pcie"] };
    expect(check("drivers-bound", params, { evidence }).reason).toBe(
      "no device is bound to: endpoint dw-pcie",
    );
  });
  test("take any driver whose name begins as the one that is asked for with a star", () => {
    const reason = (host: string) =>
      check("drivers-bound", { of: "devices", host: [host] }, { evidence }).reason;
    expect(reason("ntb_hw*")).toBe("");
    expect(reason("ntb_hw")).toBe("no device is bound to: host ntb_hw");
    expect(reason("ntb_transport*")).toBe("no device is bound to: host ntb_transport*");
  });
  test("one that names no driver could not fail: it is refused", () => {
    expect(() => check("drivers-bound", { of: "devices" }, { evidence })).toThrow(
      /expected a driver under/,
    );
  });
  test("count channels of devices on a bus", () => {
    const params = { of: "devices", on: "host", bus: "pci" };
    expect(check("dma-channels", params, { evidence })).toMatchObject({
      status: "pass",
      measured: 1,
    });
    expect(check("dma-channels", { ...params, bus: "platform" }, { evidence }).status).toBe("fail");
  });
});

describe("metric and ratio", () => {
  const metrics = [
    { name: "edma.rtt", unit: "ms", clock: "guests" as const, samples: [2], median: 2 },
    { name: "default.rtt", unit: "ms", clock: "guests" as const, samples: [4], median: 4 },
  ];
  test("compare with their bounds", () => {
    expect(check("metric", { metric: "edma.rtt", max: 3 }, { metrics }).status).toBe("pass");
    expect(check("metric", { metric: "edma.rtt", max: 1 }, { metrics }).reason).toBe(
      "2 ms is not at most 1",
    );
    const over = { metric: "default.rtt", over: "edma.rtt" };
    expect(check("ratio", over, { metrics })).toMatchObject({ status: "pass", measured: 2 });
    expect(check("ratio", { ...over, min: 2.5 }, { metrics }).status).toBe("fail");
  });
  test("a spread is half of the range over the median, and wants two samples", () => {
    const name = "instructions";
    const counted = [
      { name, unit: "1/MiB", clock: "none" as const, samples: [98, 100, 103], median: 100 },
    ];
    const judged = check("spread", { metric: name, max: 3 }, { metrics: counted });
    expect(judged).toMatchObject({ status: "pass", measured: 2.5 });
    expect(check("spread", { metric: name, max: 2 }, { metrics: counted }).status).toBe("fail");
    expect(check("spread", { metric: "edma.rtt", max: 2 }, { metrics }).reason).toContain("rounds");
  });
  test("a metric that nobody measured fails, but is skipped when the run broke off", () => {
    expect(check("metric", { metric: "x" }, { metrics }).status).toBe("fail");
    expect(check("metric", { metric: "x" }, { metrics, complete: false }).status).toBe("skip");
  });
});

test("a check whose evidence is missing is skipped and says so", () => {
  expect(check("ping-loss", { of: "nowhere" }, {})).toMatchObject({
    status: "skip",
    reason: 'the step "nowhere" has left no evidence',
  });
});

describe("metrics", () => {
  test("the median of odd and even numbers of values", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test("are prefixed by the backend", () => {
    const data = { sent: 2, received: 2, rtt: [1, 3] };
    const found = metricsOf([
      { id: "edma.ping", kind: "ping", data },
      { id: "edma.files", kind: "transfer-file", data: { transfers: [transfer({ ms: 2000 })] } },
    ]);
    const rtt = { name: "edma.rtt", unit: "ms", clock: "guests", samples: [1, 3], median: 2 };
    expect(found).toContainEqual(rtt);
    expect(
      found.find((metric) => metric.name === "edma.file.throughput.host_to_endpoint")?.median,
    ).toBeCloseTo(1.0737, 3);
  });
});

describe("the controller's counters", () => {
  const moved = (bytes: number) => controllerOf({ read: [{ ...idleChannel, bytes }] });
  const engine = (evidence: Evidence[], whole?: ControllerStats) =>
    metricsOf(evidence, whole ? { "": whole } : {})
      .filter(({ name }) => name.endsWith("engine.read.bytes"))
      .map(({ name, unit, samples }) => [name, unit, ...samples]);
  const step = (id: string, bytes: number, round?: number): Evidence => ({
    ...{ id, kind: "sysctl", data: {}, controllers: { "": moved(bytes) } },
    ...(round === undefined ? {} : { round }),
  });

  test("of several links are told apart by their names", () => {
    const controllers = { west: moved(5), east: moved(7) };
    const found = metricsOf([{ id: "a.x", kind: "sysctl", data: {}, controllers }], controllers);
    const named = found.filter(({ name }) => name.endsWith("engine.read.bytes"));
    expect(named.map(({ name, median }) => [name, median])).toEqual([
      ["a.link.west.engine.read.bytes", 5],
      ["a.link.east.engine.read.bytes", 7],
      ["link.west.engine.read.bytes", 5],
      ["link.east.engine.read.bytes", 7],
    ]);
  });
  test("are summed over all steps of a prefix, of whatever kind", () => {
    expect(engine([step("edma.a", 5), step("edma.b", 7), step("c", 100)])).toEqual([
      ["edma.engine.read.bytes", "B", 12],
    ]);
  });
  test("have one sample a round", () => {
    expect(engine([step("a.x", 5, 1), step("a.y", 1, 1), step("a.x", 7, 2)])).toEqual([
      ["a.engine.read.bytes", "B", 6, 7],
    ]);
  });
  test("of the whole run are what the run has counted, between its steps too", () => {
    expect(engine([step("a.x", 5)], moved(9))).toEqual([
      ["a.engine.read.bytes", "B", 5],
      ["engine.read.bytes", "B", 9],
    ]);
  });
});

describe("command", () => {
  const judged = (data: object, params: object = {}) =>
    check(
      "command",
      { of: "pause", stdout: "^25 answers$", ...params },
      { evidence: [{ id: "pause", kind: "pause-vm", data: { pausedMs: 1, ...data } }] },
    );
  test("judges the work that was under way during a fault", () => {
    const work = { status: 0, stdout: "begun\n25 answers\n", stderr: "", ms: 5 };
    expect(judged({ work }).status).toBe("pass");
    expect(judged({ work: { ...work, status: 1 } }).reason).toContain("status 1");
    expect(judged({ work: { ...work, stdout: "24 answers" } }).status).toBe("fail");
    expect(judged({}).reason).toBe('nothing was under way during the step "pause"');
  });
  test("judges status, standard output and standard error, each for itself", () => {
    const data = { status: 2, stdout: "found 3\n", stderr: "a warning\nno such file\n" };
    const of = (params: object) =>
      check(
        "command",
        { of: "look", status: 2, ...params },
        { evidence: [{ id: "look", kind: "shell", data }] },
      );
    expect(of({ stdout: "^found \\d$", stderr: "^no such" })).toMatchObject({
      status: "pass",
      expected: "status 2, stdout matching /^found \\d$/, stderr matching /^no such/",
    });
    expect(of({ stderr: "found" }).status).toBe("fail");
    expect(of({ stdout: "no such" }).status).toBe("fail");
    expect(of({ status: 0 }).reason).toContain("ended with status 2");
  });
});

describe("steps that make faults", () => {
  test("leave metrics", () => {
    const found = metricsOf([
      { id: "a.x", kind: "abort-dma", data: { direction: "read", aborts: 3 } },
      { id: "b", kind: "kill-vm", data: { noticedMs: 7 } },
      { id: "c", kind: "memory-pressure", data: { availableBefore: 0, available: 3 << 20 } },
    ]);
    expect(found.map(({ name, median }) => [name, median])).toEqual([
      ["a.dma.aborts.read", 3],
      ["loss.noticed", 7],
      ["memory.available", 3],
    ]);
  });
});

describe("link-loss", () => {
  const of = {
    of: "loss",
    "removed-within": "1s",
    "work-fails-within": "2s",
    "work-says": "timed? out",
  };
  const work = { status: 1, stdout: "READ: ", stderr: "Connection timed out\n", ms: 1500 };
  const lost = (change: Record<string, unknown> = {}): Evidence[] => [
    { id: "loss", kind: "lose-link", data: { noticedMs: 20, removedMs: 300, work, ...change } },
  ];
  test("passes when the function went and the work ended in an error", () => {
    expect(check("link-loss", of, { evidence: lost() })).toMatchObject({ status: "pass" });
  });
  test("judges what the endpoint saw when it was the host that died", () => {
    const evidence = (noticedMs: number): Evidence[] => [
      { id: "loss", kind: "kill-vm", data: { noticedMs, work } },
    ];
    expect(check("link-loss", of, { evidence: evidence(900) }).status).toBe("pass");
    expect(check("link-loss", of, { evidence: evidence(1100) }).reason).toBe(
      "the endpoint took 1.1 s to notice",
    );
  });
  test("gives a slow machine as much more time as its other limits get", () => {
    const slow = lost({ removedMs: 2500, work: { ...work, ms: 5000 } });
    expect(check("link-loss", of, { evidence: slow, timeoutScale: 3 }).status).toBe("pass");
    expect(check("link-loss", of, { evidence: slow, timeoutScale: 2 }).reason).toBe(
      "the function was there for another 2.5 s; its error came only after 5.0 s",
    );
  });
  test.each([
    ["a function that stayed", { removedMs: 1200 }, "was there for another 1.2 s"],
    ["work that knew nothing of it", { work: { ...work, status: 0 } }, "ended well"],
    ["work that had to be killed", { work: { ...work, status: undefined } }, "way was killed"],
    ["an error that came late", { work: { ...work, ms: 9000 } }, "only after 9.0 s"],
    ["work that failed of something else", { work: { ...work, stderr: "EPERM" } }, "did not say"],
    ["no work at all", { work: undefined }, "nothing was under way"],
  ])("fails for %s", (_what, change, reason) => {
    const result = check("link-loss", of, { evidence: lost(change) });
    expect(result.status).toBe("fail");
    expect(result.reason).toContain(reason);
  });
});
