// SPDX-License-Identifier: MIT
//
// What single steps ask for and make of answers, where that is a line or two.
import { describe, expect, test } from "vitest";
import { GuestError } from "../lab/errors.ts";
import { idleChannel } from "../lab/testing/idle-channel.ts";
import type { Role } from "../scenario/topology/graph.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { addresses } from "./addresses.ts";
import { sendFile } from "./bulk-tcp.ts";
import { abortDma } from "./fault-abort.ts";
import { linkLatency } from "./fault-latency.ts";
import { memoryPressure } from "./fault-memory.ts";
import { pauseVm } from "./fault-pause.ts";
import { killVm, restartVm } from "./fault-power.ts";
import { configureScript, removeScript } from "./function-script.ts";
import { parseDevices } from "./inspect.ts";
import { parseIperf3 } from "./iperf3-json.ts";
import { awaitRemoval } from "./link-loss.ts";
import { measurements } from "./measure.ts";
import { trafficOf } from "./network.ts";
import { blamed } from "./peer-gone.ts";
import { measuredBy } from "./registry.ts";
import { playedClock } from "./testing/played-clock.ts";
import { playedGuests, stepOf } from "./testing/played-guests.ts";
import { transferFile } from "./transfer-file.ts";
import { parseStatistics } from "./transport-statistics.ts";
import { waitForLink } from "./wait-for-link.ts";
import { waitUntil } from "./wait-until.ts";
import { parseBars, within } from "./window-scan.ts";

test("addresses are told with the MTU and queues that each guest's kernel has last said", async () => {
  const said = (role: string) => (role === "host" ? "warning\n1500\n4\n" : "9000\n2\n");
  const { context } = playedGuests({ answers: { "its address": said } });
  expect(await addresses.run(stepOf(addresses), context)).toEqual({
    ...{ mtu: { host: 1500, endpoint: 9000 }, queues: { host: 4, endpoint: 2 } },
  });
  const mute = playedGuests();
  expect(await addresses.run(stepOf(addresses), mute.context)).toEqual({
    ...{ mtu: { host: 0, endpoint: 0 }, queues: { host: 0, endpoint: 0 } },
  });
});

const pair = trafficOf(topologySchema.parse({}), {});

describe("a file by TCP", () => {
  test("has arrived with the size that its receiver says last, in the time since it was ready", async () => {
    const answers = { "receiving a file": "listening\n2+0 records out\n4096\n" };
    const { context } = playedGuests({ answers });
    playedClock(7);
    expect(await sendFile(context, pair, "host-to-endpoint", "/a", "/b")).toEqual({
      ...{ bytesReceived: 4096, ms: 7 },
    });
  });

  test("whose sender lost the other end says nothing of what is under test", async () => {
    const { context } = playedGuests();
    const check = async () => {
      throw new GuestError("sending a file: nc: Connection reset by peer");
    };
    Object.assign(context.lab.vm("host").ssh, { check });
    await expect(sendFile(context, pair, "host-to-endpoint", "/a", "/b")).rejects.toMatchObject({
      exitStatus: 125,
    });
  });

  test("what such a program lost goes along with the error", () => {
    const cause = new GuestError("Connection refused");
    expect((blamed(cause) as Error).cause).toBe(cause);
  });
});

describe("metrics of faults", () => {
  test("are how many elements aborted, by direction", () => {
    expect(abortDma.measured({ direction: "read", aborts: 3 })).toEqual([
      { name: "dma.aborts.read", unit: "1", clock: "none", values: [3] },
    ]);
  });
  test("are what memory was left, in MiB", () => {
    expect(memoryPressure.measured({ availableBefore: 1, available: 24 << 20 })).toEqual([
      { name: "memory.available", unit: "MiB", clock: "none", values: [24] },
    ]);
  });
  test("are how long a VM stood still, took to boot, and took to be missed", () => {
    expect(pauseVm.measured({ pausedMs: 7 })).toMatchObject([{ name: "paused", values: [7] }]);
    expect(restartVm.measured({ bootMs: 9 })).toMatchObject([
      { name: "restart.boot", values: [9] },
    ]);
    expect(killVm.measured({ noticedMs: 3, removedMs: 5 })).toMatchObject([
      { name: "loss.noticed", values: [3] },
      { name: "loss.removed", values: [5] },
    ]);
    expect(killVm.measured({ noticedMs: 3 })).toHaveLength(1);
  });
  test("are found by the kind of evidence; of none there are none", () => {
    const data = { direction: "read", aborts: 3 } as const;
    expect(measuredBy({ id: "a", kind: "abort-dma", data })).toHaveLength(1);
    expect(measuredBy({ id: "a", kind: "nothing", data } as never)).toEqual([]);
  });
});

test("aborts that are late are told with those that came", async () => {
  const link = {
    stats: async () => ({ write: [idleChannel], read: [idleChannel] }),
    planAborts: async () => {},
    abortsLeft: async () => 2,
  };
  const { context } = playedGuests();
  const given = { ...context, lab: { ...context.lab, link: () => link }, limitMs: 200 };
  const during = { on: "host", run: "x", ready: "y" };
  const fields = { direction: "read", count: 5, after: "1ms", during };
  await expect(abortDma.run(stepOf(abortDma, fields), given as never)).rejects.toThrow(
    "only 3 of 5 aborts of read channels came within",
  );
  // Whatever else ends the waiting is told as it is.
  link.abortsLeft = async () => {
    throw new TypeError("no answer");
  };
  await expect(abortDma.run(stepOf(abortDma, fields), given as never)).rejects.toThrow("no answer");
});

test("memory that is taken and given back is told by its name, and half an answer is none", async () => {
  const what = (fields: object) =>
    memoryPressure.commands(stepOf(memoryPressure, fields), {} as never)[0]?.what;
  expect(what({ vm: "host", leave: "24M" })).toBe("taking memory");
  expect(what({ vm: "host", release: true })).toBe("releasing memory");
  for (const said of ["5\n", "x\n5\n", "5\nx\n"]) {
    const { context } = playedGuests({ answers: { memory: said } });
    const run = memoryPressure.run(stepOf(memoryPressure, { vm: "host", release: true }), context);
    await expect(run).rejects.toThrow("expected the memory available");
  }
});

test("a link may take a second for a message, and no more", () => {
  expect(linkLatency.schema.safeParse({ delay: "1s" }).success).toBe(true);
  expect(linkLatency.schema.safeParse({ delay: "1001ms" }).success).toBe(false);
});

test("work that a dead VM would do is refused, other work is not", () => {
  const during = (on: Role) => ({ on, run: "x", ready: "y" });
  const parsed = (vm: Role, on: Role) => killVm.schema.safeParse({ vm, during: during(on) });
  expect(parsed("host", "endpoint").success).toBe(true);
  const refused = parsed("host", "host");
  expect(refused.error?.issues[0]).toMatchObject({
    message: "expected the VM that survives, where the work is under way",
    path: ["during", "on"],
  });
  expect(killVm.schema.safeParse({ vm: "host" }).success).toBe(true);
});

test("how long steps took is counted from their beginning", async () => {
  const { context } = playedGuests({ answers: { carrier: "1\n", "waiting for": "there" } });
  playedClock(7);
  expect(await waitForLink.run(stepOf(waitForLink), context)).toEqual({
    ...{ carrier: { host: true, endpoint: true }, ms: 7 },
  });
  const until = stepOf(waitUntil, { on: "host", run: "x" });
  expect(await waitUntil.run(until, context)).toEqual({ ms: 7, printed: "there" });
  const boot = stepOf(restartVm, { vm: "host", join: false });
  expect(await restartVm.run(boot, context)).toEqual({ bootMs: 7 });
  const mute = playedGuests({ answers: { carrier: "0\n" } });
  expect(await waitForLink.run(stepOf(waitForLink), mute.context)).toMatchObject({
    carrier: { host: false, endpoint: false },
  });
});

test("a pause is as long as the CPUs stood still", async () => {
  const { context, said } = playedGuests({ qmp: { execute: async () => {} } });
  const step = stepOf(pauseVm, { vm: "host", for: "20ms", after: "1ms" });
  playedClock(7);
  expect(await pauseVm.run(step, context)).toEqual({ pausedMs: 7 });
  expect(said).toEqual(["the host VM stands still"]);
});

const fn = {
  ...{ driver: "pci_epf_test", vendor: 1, device: 2, class: 0x020000 },
  ...{ "msi-interrupts": 1, "msix-interrupts": 0, attributes: {}, settings: {} },
} as never as Parameters<typeof configureScript>[0];

describe("the function's scripts", () => {
  const change = { until: "started", attributes: {}, settings: {}, ports: { primary: 0 } } as const;
  test("make it with a class of three bytes, or of two", () => {
    const three = configureScript({ ...fn, class: 0x010802 } as never, "lab", change);
    for (const line of ['baseclass_code" 0x01', 'subclass_code" 0x08', 'progif_code" 0x02']) {
      expect(three).toContain(line);
    }
    // The largest that has two.
    const two = configureScript({ ...fn, class: 0xffff } as never, "lab", change);
    expect(two).toContain('baseclass_code" 0xff');
    expect(two).toContain('subclass_code" 0xff');
    expect(two).not.toContain("progif_code");
  });
  test("look for the driver's own group only where it is to have values", () => {
    const looks = (settings: object) =>
      configureScript({ ...fn, settings } as never, "lab", change).includes("\nfind_own\n");
    expect(looks({})).toBe(false);
    expect(looks({ db_count: 4 })).toBe(true);
  });
  test("go as far as they are asked to", () => {
    const parts = (until: "made" | "bound" | "started") => {
      const script = configureScript(fn, "lab", { ...change, until });
      return [script.includes("ln -s"), script.includes('put "$primary/start" 1')];
    };
    expect([parts("made"), parts("bound"), parts("started")]).toEqual([
      ...[
        [false, false],
        [true, false],
        [true, true],
      ],
    ]);
    const taken = (until: string) => {
      const script = removeScript(fn, "lab", { until, ports: { primary: 0 } });
      return [script.includes('rm "$fn/primary'), script.includes("rmdir")];
    };
    expect([taken("stopped"), taken("unbound"), taken("removed")]).toEqual([
      ...[
        [false, false],
        [true, false],
        [true, true],
      ],
    ]);
    expect(
      removeScript(fn, "lab", { until: "stopped", ports: { primary: 0 } }).endsWith("\n:"),
    ).toBe(true);
  });
});

test("a function is taken out by the lab only where the host does not plug by itself", () => {
  const script = (hotplug: string) =>
    awaitRemoval({
      function: fn,
      functions: {},
      topology: topologySchema.parse({ host: { hotplug } }),
    } as never).script;
  expect(script("rescan")).toContain('> "$device/remove"');
  expect(script("pciehp")).not.toContain("remove");
});

test("lines that name half a device are none", () => {
  const text = [
    ...["bound pci 0000:01:00.0 ", "bound pci", "bound", "dma dma0chan0", "dma", "other a b c"],
    ...["  bound pci 0000:01:00.0 ntb  ", "dma dma0chan0 ep"],
  ].join("\n");
  expect(parseDevices(text)).toEqual({
    bound: [{ bus: "pci", device: "0000:01:00.0", driver: "ntb" }],
    dma: [{ channel: "dma0chan0", device: "ep" }],
  });
});

test("iperf3's words that are no JSON are shown from their beginning; half of its sums is none", () => {
  expect(() => parseIperf3("y".repeat(300))).toThrow(/^expected JSON from iperf3, got: y{200}$/);
  const sum = { seconds: 1, bytes: 1, bits_per_second: 1 };
  for (const end of [{ sum_sent: sum }, { sum_received: sum }]) {
    expect(() => parseIperf3(JSON.stringify({ end }))).toThrow(
      "no end.sum_sent and end.sum_received",
    );
  }
  expect(() => parseIperf3("{}")).toThrow("no end.sum_sent and end.sum_received");
});

test("a metric that was given other words says which", () => {
  const wrong = (which: string[]) => () =>
    measurements(
      [
        {
          ...{ name: "rate.<way>", unit: "1", clock: "none", about: "" },
          samples: () => [{ which, values: [1] }],
        },
      ],
      {},
    );
  expect(wrong(["a", "b"])).toThrow("the metric rate.<way> was given other words: a, b");
  expect(wrong([])).toThrow("the metric rate.<way> was given other words: none");
});

test("a file's place has room for it twice, and its hash is the first word of what is printed", async () => {
  const [make] = transferFile.commands(stepOf(transferFile, { size: "3M" }), {
    topology: topologySchema.parse({}),
  } as never);
  expect(make?.script).toContain("+ 14))M ");
  const answers = { hash: "  abc  -\n", making: "  abc  -\n", receiving: "listening\n3145728\n" };
  const { context, said } = playedGuests({ answers: { ...answers, counters: "0\n0\n" } });
  const step = stepOf(transferFile, { size: "3M", directions: ["host-to-endpoint"] });
  expect(await transferFile.run(step, context)).toMatchObject({
    transfers: [{ sha256Sent: "abc", sha256Received: "abc" }],
  });
  expect(said[0]).toBe("making random bytes");
  expect(said.at(-1)).toBe("taking the SHA-256 of what arrived");
});

test("statistics that are none are shown from their beginning", () => {
  expect(() => parseStatistics(`${"y".repeat(300)}`)).toThrow(
    /^expected ntb_transport's statistics, got: y{200}$/,
  );
});

describe("the window scan", () => {
  test("takes BARs of memory that have a length", () => {
    const text = "0x1000 0x1000 0x200\n0x2000 0x1fff 0x200\n 0x3000 0x3fff 0x200 \n";
    expect(parseBars(text)).toEqual([{ index: 2, address: 0x3000, bytes: 0x1000 }]);
  });
  test("looks at what lies within a BAR, to its last byte", () => {
    const bar = { index: 0, address: 0x1000, bytes: 0x1000 };
    const of = (first: number, last: number) => within(bar, [{ first, last }]);
    expect(of(0x1fff, 0x3000)).toEqual([{ first: 0x1fff, last: 0x1fff }]);
    expect(of(0x2000, 0x3000)).toEqual([]);
    expect(of(0, 0x1000)).toEqual([{ first: 0x1000, last: 0x1000 }]);
    expect(of(0, 0xfff)).toEqual([]);
  });
});
