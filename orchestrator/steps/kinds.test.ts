// SPDX-License-Identifier: MIT
//
// What a plan says of each kind of step before it runs: its title, how long it may take, where it runs commands, and what
// the kernels must have.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scenarioDirectory } from "../project.ts";
import { readPlan } from "../run/read-plan.ts";
import type { PlannedStep } from "../scenario/plan.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { stepKinds } from "./registry.ts";
import { stepOf } from "./testing/played-guests.ts";

const [smoke] = readPlan(join(scenarioDirectory, "smoke.yaml")).variants;
if (!smoke) throw new Error("smoke has no variant");
const plan = smoke;

function kindNamed(name: string) {
  const kind = stepKinds.get(name);
  if (!kind) throw new Error(`no kind ${name}`);
  return kind;
}

const during = { on: "host", run: "work", ready: "begun" };

test.each([
  ["abort-dma", { direction: "write" }, "Abort 1 DMA element of write channels"],
  [
    "abort-dma",
    { direction: "read", count: 2, channel: 0 },
    "Abort 2 DMA elements of read channel 0",
  ],
  [
    "abort-dma",
    { direction: "write", error: "poisoned" },
    "Poison 1 DMA element of write channels",
  ],
  ["addresses", {}, "Bring up ntb0"],
  ["addresses", { mtu: 9000 }, "Bring up ntb0 with MTU 9000"],
  ["bring", { file: "tools/race.c" }, "Bring race.c as /tmp/race"],
  ["bring", { file: "tool.sh", to: "/opt/tool" }, "Bring tool.sh as /opt/tool"],
  ["configure-function", {}, "Configure the endpoint function"],
  ["configure-function", { until: "made", function: "b" }, 'Make the endpoint function "b"'],
  [
    "configure-function",
    { until: "bound", refused: "no" },
    "Bind the endpoint function, which the kernel refuses",
  ],
  ["inspect", {}, "Look at drivers and DMA channels"],
  ["iperf3", { protocol: "udp", samples: 3, seconds: 2 }, "iperf3 UDP, 3 × 2 s in each direction"],
  ["kill-vm", { vm: "host" }, "Kill the host VM"],
  ["link", {}, "Train the link, bind ntb_hw_epf"],
  ["link-latency", { delay: "2ms" }, "Let the link take 2 ms from either side"],
  ["link-latency", { delay: "2ms", from: "host" }, "Let the link take 2 ms from the host"],
  ["link-latency", { delay: "none" }, "Take the link's latency away"],
  [
    "load-modules",
    { modules: [{ name: "a" }, { name: "b", parameters: { x: 1, y: "z" }, upstream: true }] },
    "Load a, upstream's b x=1 y=z",
  ],
  ["load-transport", { backend: "default" }, "Load the transport, default backend"],
  [
    "load-transport",
    { backend: "remote-edma", clients: [{ name: "ntb_netdev" }, { name: "ntb_client" }] },
    "Load the transport, remote-edma backend, ntb_netdev, ntb_client",
  ],
  ["lose-link", {}, "Take the link down"],
  ["lose-link", { how: "endpoint-dies" }, "Pull the endpoint's power"],
  ["memory-pressure", { vm: "host", leave: "24M" }, "Leave the host VM 24M of memory"],
  ["memory-pressure", { vm: "endpoint", release: true }, "Release the endpoint VM's memory"],
  ["pause-vm", { vm: "endpoint", for: "1500ms" }, "Pause the endpoint VM for 1.5 s"],
  ["ping", { count: 7 }, "Ping 7 times"],
  ["qp-throughput", { samples: 2, milliseconds: 700 }, "ntb_client, 2 × 700 ms in each direction"],
  ["remove-function", { until: "stopped" }, "Stop the endpoint function"],
  ["remove-function", { function: "b" }, 'Remove the endpoint function "b"'],
  ["restart-vm", { vm: "endpoint" }, "Restart the endpoint VM"],
  ["selftest", { on: "host", run: "./run me" }, "host: test program ./run"],
  ["selftest", { on: "host", run: "./run me", title: "mine" }, "host: test program mine"],
  ["shell", { on: "host", run: "\n echo a\necho b" }, "host: echo a"],
  ["shell", { on: "host", run: "echo a", title: "say it" }, "say it"],
  ["sysctl", { set: { "net.a": 1, "net.b": 2 } }, "Set net.a, net.b"],
  ["transfer-file", { size: "3M" }, "Send 3M of random bytes in each direction"],
  ["transport-statistics", {}, "Read the transport's statistics"],
  ["unload-modules", { modules: ["b", "a"] }, "Unload b, a"],
  ["unload-transport", { backend: "default" }, "Unload the transport"],
  [
    "unload-transport",
    { backend: "default", clients: ["ntb_netdev"] },
    "Unload ntb_netdev, the transport",
  ],
  ["wait-for-link", {}, "Wait for carrier on ntb0"],
  ["wait-until", { on: "host", run: "\ntest -e /x\ntrue" }, "Wait until host: test -e /x"],
  ["wait-until", { on: "host", run: "true", title: "it is so" }, "Wait until host: it is so"],
  ["window-scan", {}, "Search the shared windows for payload"],
] as [string, object, string][])("a %s with %j is told as it is: %s", (name, fields, title) => {
  const kind = kindNamed(name);
  expect(kind.title(stepOf(kind, fields))).toBe(title);
});

describe("a time limit", () => {
  test.each([
    ["abort-dma", { direction: "write" }, 30_000],
    ["addresses", {}, 15_000],
    ["bring", { file: "x" }, 60_000],
    ["configure-function", {}, 15_000],
    ["inspect", {}, 15_000],
    ["kill-vm", { vm: "host" }, 30_000],
    ["link", {}, 20_000],
    ["link-latency", { delay: "1ms" }, 10_000],
    ["load-modules", { modules: [{ name: "a" }] }, 15_000],
    ["load-transport", { backend: "default" }, 15_000],
    ["lose-link", {}, 30_000],
    ["memory-pressure", { vm: "host", release: true }, 30_000],
    ["remove-function", {}, 15_000],
    ["restart-vm", { vm: "host" }, 60_000],
    ["selftest", { on: "host", run: "x" }, 60_000],
    ["shell", { on: "host", run: "x" }, 30_000],
    ["sysctl", { set: { "a.b": 1 } }, 15_000],
    ["transport-statistics", {}, 20_000],
    ["unload-modules", { modules: ["a"] }, 15_000],
    ["unload-transport", { backend: "default" }, 15_000],
    ["wait-for-link", {}, 20_000],
    ["wait-until", { on: "host", run: "x" }, 20_000],
    ["window-scan", {}, 30_000],
    // What takes its time by what it is asked for has more of it for that.
    ["pause-vm", { vm: "host", for: "5s" }, 2 * 5_000 + 20_000],
    ["ping", { count: 100, "interval-ms": 30 }, 15_000 + 2 * 3_000],
    [
      "iperf3",
      { samples: 3, seconds: 2, "omit-seconds": 1, directions: ["host-to-endpoint"] },
      15_000 + 3 * (3_000 + 5_000),
    ],
    ["iperf3", { samples: 1, seconds: 2 }, 15_000 + 2 * (2_000 + 5_000)],
    ["qp-throughput", { samples: 3, milliseconds: 100 }, 15_000 + 3 * 2 * (500 + 5_000)],
    // As many tries as it may make.
    ["fail-nth", { on: "host", run: "true", most: 5 }, 20_000 + 5 * 2000],
    ["fail-nth", { on: "host", run: "true" }, 20_000 + 1000 * 2000],
    // The slowest way moves a megabyte in a fifth of a second.
    ["transfer-file", { size: "10M" }, 20_000 + 2 * (10_000 + (10 << 20) / 5_000)],
  ] as [string, object, number][])("of %s with %j: %i ms", (name, fields, ms) => {
    const kind = kindNamed(name);
    expect(kind.limitMs(stepOf(kind, fields))).toBe(ms);
  });

  test("is the scenario's own where it names one", () => {
    const step = { ...stepOf(kindNamed("ping")), timeoutMs: 7 } as PlannedStep;
    expect(kindNamed("ping").limitMs(step)).toBe(7);
  });
});

test.each([
  ["abort-dma", { direction: "write" }, []],
  ["abort-dma", { direction: "write", during }, ["host"]],
  ["addresses", {}, ["endpoint", "host"]],
  ["bring", { file: "x" }, ["endpoint", "host"]],
  ["bring", { file: "x", on: "host" }, ["host"]],
  ["configure-function", {}, ["endpoint"]],
  ["inspect", {}, ["endpoint", "host"]],
  ["iperf3", { directions: ["endpoint-to-host"] }, ["endpoint", "host"]],
  ["kill-vm", { vm: "host" }, []],
  ["kill-vm", { vm: "endpoint", during }, ["host", "host"]],
  ["link", {}, ["host"]],
  ["link-latency", { delay: "1ms" }, []],
  ["load-modules", { modules: [{ name: "a" }], on: "endpoint" }, ["endpoint"]],
  ["lose-link", {}, ["host"]],
  ["lose-link", { during: { ...during, on: "endpoint" } }, ["endpoint", "host"]],
  ["memory-pressure", { vm: "endpoint", release: true }, ["endpoint"]],
  ["pause-vm", { vm: "host", for: "1s" }, []],
  ["ping", {}, ["host"]],
  ["qp-throughput", {}, ["host", "endpoint"]],
  ["remove-function", {}, ["endpoint"]],
  ["restart-vm", { vm: "host", join: false }, []],
  ["restart-vm", { vm: "host" }, ["host"]],
  ["restart-vm", { vm: "endpoint" }, ["endpoint", "host"]],
  ["selftest", { on: "endpoint", run: "x" }, ["endpoint"]],
  ["shell", { on: "endpoint", run: "x" }, ["endpoint"]],
  ["sysctl", { set: { "a.b": 1 } }, ["endpoint", "host"]],
  ["transport-statistics", {}, ["endpoint", "host"]],
  ["unload-modules", { modules: ["a"] }, ["endpoint", "host"]],
  ["wait-for-link", {}, ["endpoint", "host"]],
  ["wait-until", { on: "endpoint", run: "x" }, ["endpoint"]],
  // Two BARs are read, the marker is made and sent by the host, and taken by the endpoint.
  ["window-scan", {}, ["host", "host", "endpoint", "host"]],
] as [string, object, string[]][])("%s with %j runs commands in: %j", (name, fields, where) => {
  const kind = kindNamed(name);
  expect(kind.commands(stepOf(kind, fields), plan).map(({ on }) => on)).toEqual(where);
});

test.each([
  ["link", { driver: "pci_endpoint_test" }, { host: ["pci_endpoint_test"] }],
  [
    "load-modules",
    { modules: [{ name: "a" }, { name: "b" }] },
    { host: ["a", "b"], endpoint: ["a", "b"] },
  ],
  ["load-modules", { modules: [{ name: "a" }], on: "host" }, { host: ["a"] }],
  ["ping", {}, {}],
  ["configure-function", {}, { endpoint: [plan.function?.driver, "vntb-bar-names"] }],
] as [string, object, object][])("%s with %j needs of the kernels: %j", (name, fields, needs) => {
  const kind = kindNamed(name);
  expect(kind.needs(stepOf(kind, fields), plan)).toEqual(needs);
});

test("a function that names no BAR needs no kernel that takes such names", () => {
  const kind = kindNamed("configure-function");
  if (!plan.function) throw new Error("smoke has no function");
  const { driver } = plan.function;
  const needs = (settings: Record<string, number>) =>
    kind.needs(stepOf(kind), { ...plan, function: { ...plan.function, settings } as never });
  expect(needs({ db_count: 4, spad_count: 8 })).toEqual({ endpoint: [driver] });
  expect(needs({ mw12_bar: 4 })).toEqual({ endpoint: [driver, "vntb-bar-names"] });
  expect(needs({ ctrl_bar: 0, db_count: 4 })).toEqual({ endpoint: [driver, "vntb-bar-names"] });
});

test.each([
  ["configure-function", { function: "b" }, ["b"]],
  ["configure-function", {}, [undefined]],
  ["remove-function", { function: "b" }, ["b"]],
  ["link", { until: "bound" }, [undefined]],
  ["link", { until: "trained" }, []],
  ["kill-vm", { vm: "endpoint" }, [undefined]],
  ["kill-vm", { vm: "host" }, []],
  ["restart-vm", { join: true }, [undefined]],
  ["restart-vm", { join: false }, []],
  ["ping", {}, []],
] as [string, Record<string, unknown>, unknown[]][])(
  "%s with %j is about the functions %j",
  (name, fields, functions) => {
    expect(kindNamed(name).functions(fields, topologySchema.parse({}))).toEqual(functions);
  },
);

test("which files a step takes from beside the scenario, and which modules it loads", () => {
  const [bring, load, ping] = ["bring", "load-modules", "ping"].map(kindNamed);
  if (!bring || !load || !ping) throw new Error("unreachable");
  expect(bring.files({ file: "x.c" })).toEqual(["x.c"]);
  expect(ping.files({})).toEqual([]);
  const step = stepOf(load, { modules: [{ name: "a" }] });
  expect(load.loads(step, plan).map(({ name }) => name)).toEqual(["a"]);
  expect(ping.loads(stepOf(ping), plan)).toEqual([]);
});
