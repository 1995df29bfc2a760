// SPDX-License-Identifier: MIT
//
// What both QEMUs are asked for, of the link between them.
import { describe, expect, test } from "vitest";
import type { Role } from "../scenario/topology/graph.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { readInstructions } from "./instructions.ts";
import { PcieLink, pcieLinks } from "./link.ts";
import type { Machine } from "./machine.ts";
import type { QmpEvent } from "./qmp.ts";
import { countersOf } from "./testing/counters.ts";

/** Two QEMUs that have such properties. */
function played(properties: Readonly<Record<string, unknown>> = {}) {
  const asked: string[] = [];
  const listeners = new Set<(event: QmpEvent) => void>();
  const qmp = (role: Role) => ({
    execute: async (command: string, given: Record<string, unknown>) => {
      asked.push(`${role}: ${command} ${JSON.stringify(given)}`);
      return properties[String(given.property)];
    },
    onEvent: (listener: (event: QmpEvent) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  const end = (role: Role) => ({
    machine: { started: { qmp: qmp(role) } } as unknown as Machine,
    port: 0,
  });
  const ends = { host: end("host"), endpoint: end("endpoint") };
  const tell = (name: string, data: object) => {
    for (const listener of listeners) listener({ name, data } as unknown as QmpEvent);
  };
  return { link: new PcieLink(ends, "/run/link"), asked, tell, listeners, qmp };
}

const ep = "/machine/peripheral/ep";
const set = (property: string, value: unknown) =>
  `endpoint: qom-set ${JSON.stringify({ path: ep, property, value })}`;
const get = (property: string) => `endpoint: qom-get ${JSON.stringify({ path: ep, property })}`;

test("the link trains and goes down by the endpoint's controller", async () => {
  const { link, asked } = played();
  await link.train();
  await link.drop();
  expect(asked).toEqual([set("latency-us", 0), set("link-up", true), set("link-up", false)]);
});

test("the function is plugged into the host's root port, at the link's socket", async () => {
  const { link, asked } = played();
  await link.attachFunction();
  expect(asked).toEqual([
    expect.stringMatching(
      /^host: device_add \{"driver":"dwc-pcie-function","id":"\w+","bus":"\w+","link":"\/run\/link","latency-us":0\}$/,
    ),
  ]);
});

describe("latency, in microseconds,", () => {
  test("is the endpoint's at once, and stays when the link trains anew", async () => {
    const { link, asked } = played();
    await link.setLatency("endpoint", 1.5);
    await link.train();
    expect(asked).toEqual([set("latency-us", 1500), set("latency-us", 1500), set("link-up", true)]);
  });

  test("is the host's function's where there is one, and that of the next one", async () => {
    const up = played({ "link-state": "up" });
    await up.link.setLatency("host", 2);
    expect(up.asked[1]).toMatch(
      /^host: qom-set \{"path":"\/machine\/peripheral\/\w+","property":"latency-us","value":2000\}$/,
    );
    const down = played({ "link-state": "waiting" });
    await down.link.setLatency("host", 2);
    expect(down.asked).toEqual([get("link-state")]);
    await down.link.attachFunction();
    expect(down.asked[1]).toContain('"latency-us":2000');
  });
});

test("aborts are planned for a direction, or for one channel of it, and asked after by direction", async () => {
  const { link, asked } = played({ aborts: { write: 3, read: 5 } });
  await link.planAborts({ direction: "write", error: "poisoned", count: 3, skip: 1 });
  await link.planAborts({ direction: "read", error: "timeout", count: 5, skip: 0, channel: 0 });
  expect(asked).toEqual([
    set("aborts", { direction: "write", error: "poisoned", count: 3, skip: 1 }),
    set("aborts", { direction: "read", error: "timeout", count: 5, skip: 0, channel: 0 }),
  ]);
  expect(await link.abortsLeft("write")).toBe(3);
  expect(await link.abortsLeft("read")).toBe(5);
});

test("state and counters are read, and nothing that they cannot be is taken for them", async () => {
  const stats = countersOf({ msi: 7 });
  const { link, asked } = played({ "link-state": "up", stats });
  expect(await link.state()).toBe("up");
  expect(await link.stats()).toEqual(stats);
  expect(asked).toEqual([get("link-state"), get("stats")]);
  const other = played({ "link-state": "sideways", stats: { msi: -1 } });
  await expect(other.link.state()).rejects.toThrow();
  await expect(other.link.stats()).rejects.toThrow();
});

test("the host's function has gone when QEMU says so of it, and of nothing else", async () => {
  const { link, tell, listeners, asked } = played();
  await link.attachFunction();
  const id = /"id":"(\w+)"/.exec(asked[0] ?? "")?.[1];
  let gone = false;
  const waiting = link.functionGone().then(() => {
    gone = true;
  });
  tell("DEVICE_DELETED", { device: "other" });
  tell("RESUME", { device: id });
  await new Promise(setImmediate);
  expect(gone).toBe(false);
  tell("DEVICE_DELETED", { device: id });
  await waiting;
  expect(listeners.size).toBe(0);
});

test("instructions are counted in both guests, each in its own", async () => {
  const { qmp, asked } = played({ instructions: 12 });
  const both = ["host", "endpoint"];
  const lab = { vm: (name: string) => ({ qmp: qmp(name as Role) }) };
  expect(await readInstructions(lab as never, both)).toEqual({ host: 12, endpoint: 12 });
  expect(asked.map((text) => text.split(":")[0])).toEqual(["host", "endpoint"]);
  const strange = played({ instructions: "many" });
  const some = { vm: () => ({ qmp: strange.qmp("host") }) };
  await expect(readInstructions(some as never, both)).rejects.toThrow();
});

test("each link of several has its own function, controller and socket", async () => {
  const topology = topologySchema.parse({
    machines: { host: { role: "host" }, left: { role: "endpoint" }, right: { role: "endpoint" } },
    links: {
      west: { host: "host", endpoint: "left" },
      east: { host: "host", endpoint: "right" },
    },
  });
  const asked: string[] = [];
  const machine = (name: string) =>
    ({
      started: {
        qmp: {
          execute: async (command: string, given: object) => {
            asked.push(`${name}: ${command} ${JSON.stringify(given)}`);
          },
        },
      },
    }) as unknown as Machine;
  const link = pcieLinks(topology, machine, ({ name }) => `/run/${name}`);
  await link("east").drop();
  await link("east").attachFunction();
  await link("west").attachFunction();
  expect(asked).toEqual([
    'right: qom-set {"path":"/machine/peripheral/ep","property":"link-up","value":false}',
    'host: device_add {"driver":"dwc-pcie-function","id":"fn1","bus":"rp1","link":"/run/east","latency-us":0}',
    'host: device_add {"driver":"dwc-pcie-function","id":"fn0","bus":"rp0","link":"/run/west","latency-us":0}',
  ]);
  expect(() => link("north")).toThrow('no link "north"');
});
