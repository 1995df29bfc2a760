// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ScenarioError } from "../diagnostics.ts";
import { parseScenario } from "../load.ts";
import type { Vocabulary } from "../schema.ts";
import { linkOf, linksAt, machineOf, namesOf, ofLink, portOf } from "./graph.ts";
import {
  betweenField,
  graphFields,
  linkField,
  machineField,
  machinesField,
  machinesMeant,
} from "./graph-names.ts";
import { topologySchema } from "./topology.ts";

const two = {
  machines: {
    host: { role: "host", memory: "512M" },
    left: { role: "endpoint" },
    right: { role: "endpoint", cpus: 2 },
  },
  links: {
    west: { host: "host", endpoint: "left" },
    east: { host: "host", endpoint: "right", controller: { "wr-channels": 2 } },
  },
};

describe("a topology is a graph", () => {
  test("also where it is a pair: two machines, and a link without a name", () => {
    const pair = topologySchema.parse({ endpoint: { cpus: 2 }, controller: { functions: 1 } });
    expect(namesOf(pair)).toEqual(["endpoint", "host"]);
    expect(machineOf(pair, "endpoint")).toMatchObject({ role: "endpoint", cpus: 2 });
    expect(linkOf(pair)).toMatchObject({ name: "", host: "host", endpoint: "endpoint" });
    expect(linkOf(pair).controller["ib-windows"]).toBe(16);
    expect(ofLink(linkOf(pair), "msi.count")).toBe("msi.count");
  });

  test("of as many machines and links as are named", () => {
    const graph = topologySchema.parse(two);
    expect(namesOf(graph)).toEqual(["left", "right", "host"]);
    expect(linksAt(graph, "host").map(({ name }) => name)).toEqual(["west", "east"]);
    expect(portOf(graph, "host", linkOf(graph, "east"))).toBe(1);
    expect(portOf(graph, "right", linkOf(graph, "east"))).toBe(0);
    expect(linkOf(graph, "east").controller["wr-channels"]).toBe(2);
    expect(ofLink(linkOf(graph, "east"), "msi.count")).toBe("link.east.msi.count");
    expect(machinesMeant(graph, "both")).toEqual(["left", "right", "host"]);
    expect(machinesMeant(graph, "right")).toEqual(["right"]);
  });
});

test("a name that sockets cannot have is refused", () => {
  const machines = { ...two.machines, ["e".repeat(25)]: { role: "endpoint" } };
  const { error } = topologySchema.safeParse({ ...two, machines });
  expect(error?.issues).toMatchObject([
    {
      path: ["machines", "e".repeat(25)],
      issues: [{ message: expect.stringMatching(/at most 24 letters/) }],
    },
  ]);
});

const networkField = z
  .enum(["ntb", "direct"])
  .register(graphFields, { names: "network" })
  .default("ntb");

const vocabulary: Vocabulary = {
  steps: {
    ask: z.strictObject({
      on: machineField("Where.").optional(),
      every: machinesField("Where.").default("both"),
      during: z.strictObject({ on: machineField("Where.") }).optional(),
    }),
    kill: z.strictObject({
      vm: machineField("Which."),
      link: linkField,
      during: z.strictObject({ on: machineField("Where.") }).optional(),
    }),
    send: z.strictObject({ link: linkField, between: betweenField, network: networkField }),
  },
  checks: {
    seen: z.strictObject({
      later: z.array(z.strictObject({ on: machineField("Where.").optional() })).default([]),
    }),
  },
  references: () => [],
  functions: () => [],
  moves: () => [],
  programs: () => [],
};

/** What is told of a scenario with this topology, and these fields beside it. */
function told(topology: object, more: object = {}): string[] {
  const fields = {
    ...{ name: "x", title: "x", topology, steps: [{ do: "ask" }] },
    ...{ checks: [{ check: "seen", id: "a", title: "a" }], ...more },
  };
  try {
    parseScenario(JSON.stringify(fields), "x.yaml", vocabulary);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message.split("\n").map((line) => line.replace(/^x\.yaml:1:\d+: /, ""));
  }
}

const many = (count: number) => Array.from({ length: count }, (_, n) => n);
const graph = (links: object, machines: object = two.machines) => ({ machines, links });
const { west, east } = two.links;

describe("a graph that cannot be is told, with what would do", () => {
  test("one that can be is not", () => {
    expect(told(two)).toEqual([]);
  });

  test.each([
    [
      "a link without an end",
      graph({ west, east: { host: "host" } }),
      'topology.links.east.endpoint: missing; expected the name of one machine with "role: endpoint", for a link has two ends; another machine there needs a link of its own',
    ],
    [
      "two hosts on one port",
      graph({ west, east: { ...east, host: ["host", "left"] } }),
      'topology.links.east.host: expected the name of one machine with "role: host", for a link has two ends; another machine there needs a link of its own, got a list.',
    ],
    [
      "an end that is not there",
      graph({ west, east: { ...east, endpoint: "rigth" } }),
      'topology.links.east.endpoint: no machine is named "rigth"; expected one of left, right. Did you mean "right"?',
    ],
    [
      "an end of the other kind",
      graph({ west, east: { ...east, host: "left" } }),
      'topology.links.east.host: "left" is no host but has "role: endpoint"; expected one of host.',
    ],
    [
      "a machine nobody is joined to",
      graph({ west }),
      'topology.machines: no link joins "right" to another machine; expected one of "links" with "endpoint: right", or the machine left away.',
    ],
    [
      "more channels than there are",
      graph({ west, east: { ...east, controller: { "wr-channels": 9 } } }),
      "topology.links.east.controller.wr-channels: expected at most 8, got 9.",
    ],
    [
      "no machine",
      { machines: {}, links: {} },
      "topology.machines: expected a host and an endpoint at least, got no machine.",
    ],
    [
      "a machine of no kind",
      graph(two.links, { ...two.machines, left: { role: "hots" } }),
      'topology.machines.left.role: expected "host" or "endpoint", got "hots".',
    ],
    [
      "a field of the other kind of machine",
      graph(two.links, { ...two.machines, left: { role: "endpoint", hotplug: "auto" } }),
      /^topology\.machines\.left: unknown field "hotplug"; expected one of role, machine, memory, cpus/,
    ],
    [
      "machines beside a host",
      { ...two, host: { memory: "1G" } },
      'topology.host: expected it under "machines", for with "machines" and "links" all are named there.',
    ],
    [
      "machines without links",
      { machines: two.machines },
      'topology.machines: expected "links" beside "machines", to join them.',
    ],
    [
      "links without machines",
      { links: two.links },
      'topology.links: expected "machines" beside "links", which join them.',
    ],
    [
      "more links than an endpoint has room for",
      {
        machines: { host: { role: "host" }, left: { role: "endpoint" } },
        links: { a: west, b: west, c: west, d: west },
      },
      'topology.links.d.endpoint: "left" has 4 links, of which each needs a controller; expected 3 at most, the others at another endpoint.',
    ],
    [
      "more links than a host has slots",
      {
        machines: {
          host: { role: "host", card: { kind: "edda" } },
          ...Object.fromEntries(many(31).map((n) => [`e${n}`, { role: "endpoint" }])),
        },
        links: Object.fromEntries(
          many(31).map((n) => [`l${n}`, { host: "host", endpoint: `e${n}` }]),
        ),
      },
      'topology.links.l30.host: "host" has 31 links, of which each needs a slot of its bus; expected 30 at most, the others at another host.',
    ],
    [
      "more links than a PC has slots",
      {
        machines: {
          host: { role: "host", machine: "q35" },
          ...Object.fromEntries(many(24).map((n) => [`e${n}`, { role: "endpoint" }])),
        },
        links: Object.fromEntries(
          many(24).map((n) => [`l${n}`, { host: "host", endpoint: `e${n}` }]),
        ),
      },
      'topology.links.l23.host: "host" has 24 links, of which each needs a slot of its bus; expected 23 at most, the others at another host.',
    ],
    [
      "hosts to join that are one",
      {
        machines: { host: { role: "host" }, left: { role: "endpoint", "joins-hosts": true } },
        links: { a: west, b: west },
      },
      'topology.machines.left.joins-hosts: expected "left" to have two links, to a host each, for its controllers are the sides of one NTB; got 2 links, to host, host.',
    ],
    [
      "one host to join",
      graph({ west, east }, { ...two.machines, left: { role: "endpoint", "joins-hosts": true } }),
      'topology.machines.left.joins-hosts: expected "left" to have two links, to a host each, for its controllers are the sides of one NTB; got 1 link, to host.',
    ],
    [
      "a machine that is called what every machine is",
      {
        machines: { host: { role: "host" }, all: { role: "endpoint" } },
        links: { west: { host: "host", endpoint: "all" } },
      },
      'topology.machines: expected another name than "all", which stands for every machine.',
    ],
    [
      "a network for two machines",
      { ...two, "direct-network": true },
      'topology.direct-network: expected two machines of left, right, host, for a direct network joins two: "direct-network: [right, host]".',
    ],
    [
      "a network for a machine that is not there",
      { ...two, "direct-network": ["lfet", "right"] },
      'topology.direct-network[0]: no machine is named "lfet"; expected one of left, right, host. Did you mean "left"?',
    ],
    [
      "a network for three machines",
      { ...two, "direct-network": ["left", "right", "host"] },
      "topology.direct-network: expected two machines, got 3.",
    ],
    [
      "a network for one machine",
      { ...two, "direct-network": ["left", "left"] },
      'topology.direct-network: expected two machines, got "left" twice.',
    ],
    [
      "virtual time of more than two",
      {
        ...graph({ west, east }, { ...two.machines, right: { role: "endpoint" } }),
        time: "virtual",
      },
      'topology.links: expected one link with "time: virtual", whose two ends agree upon it, got 2; write one, or "time: wall".',
    ],
  ])("%s", (_what, topology, expected) => {
    const [first, ...more] = told(topology);
    if (typeof expected === "string") expect(first).toBe(expected);
    else expect(first).toMatch(expected);
    expect(more).toEqual([]);
  });
});

describe("names of machines and links", () => {
  test.each([
    [{ steps: [{ do: "ask", on: "hots" }] }, "steps[0].on", "hots", "left, right, host"],
    [{ steps: [{ do: "ask", every: "x" }] }, "steps[0].every", "x", "left, right, host, both, all"],
    [
      { steps: [{ do: "ask", during: { on: "x" } }] },
      "steps[0].during.on",
      "x",
      "left, right, host",
    ],
    [
      { steps: [{ do: "rounds", times: 2, steps: [{ do: "ask", on: "x" }] }] },
      ...(["steps[0].steps[0].on", "x", "left, right, host"] as const),
    ],
    [
      { checks: [{ check: "seen", id: "a", title: "a", later: [{}, { on: "x" }] }] },
      ...(["checks[0].later[1].on", "x", "left, right, host"] as const),
    ],
    [{ needs: { x: ["CONFIG_NTB"] } }, "needs", "x", "left, right, host"],
    [
      { "known-noise": [{ pattern: "a", reason: "b", on: "x" }] },
      ...(["known-noise[0].on", "x", "left, right, host"] as const),
    ],
  ])("%j: a machine that is not there", (more, where, name, known) => {
    const [first] = told(two, more);
    expect(first).toMatch(
      new RegExp(
        `^${where.replace(/[[\].]/g, "\\$&")}: no machine is named "${name}"; expected one of ${known}\\.`,
      ),
    );
  });

  test("a step about one link of several says which", () => {
    expect(told(two, { steps: [{ do: "send" }] })).toEqual([
      'steps[0].do: this is about one link of several: expected "link: NAME" with one of west, east.',
    ]);
    expect(told(two, { steps: [{ do: "send", link: "esat" }] })).toEqual([
      'steps[0].link: no link is named "esat"; expected one of west, east. Did you mean "east"?',
    ]);
    expect(told(two, { steps: [{ do: "send", link: "east" }] })).toEqual([]);
  });

  test("the direct network does not stand beside a link", () => {
    const direct = { ...two, "direct-network": ["left", "right"] };
    const send = { do: "send", link: "west", network: "direct" };
    expect(told(direct, { steps: [send] })).toEqual([
      'steps[0].link: expected "link" or "network: direct", got both: that network is beside all links.',
    ]);
  });

  test("two machines do not stand beside a link", () => {
    const send = { do: "send", link: "west", between: ["left", "right"] };
    expect(told(two, { steps: [send] })).toEqual([
      'steps[0].link: expected "link" or "between", got both: two machines stand in the place of a link.',
    ]);
  });

  test("a link beside a machine is one of its links", () => {
    const kill = (vm: string, link: string, during?: object) =>
      told(two, { steps: [{ do: "kill", vm, link, ...(during ? { during } : {}) }] });
    expect(kill("left", "west", { on: "right" })).toEqual([]);
    expect(kill("host", "east")).toEqual([]);
    expect(kill("left", "east")).toEqual([
      'steps[0].link: the link east joins host and right, and this is about "left"; expected west.',
    ]);
    expect(kill("lfet", "east")).toEqual([
      'steps[0].vm: no machine is named "lfet"; expected one of left, right, host. Did you mean "left"?',
    ]);
  });

  test("a direct network needs no link, but has to be there, and between these machines", () => {
    const direct = { ...two, "direct-network": ["left", "right"] };
    const send = (topology: object, more: object) =>
      told(topology, { steps: [{ do: "send", network: "direct", ...more }] });
    expect(send(direct, {})).toEqual([]);
    expect(send(direct, { between: ["right", "left"] })).toEqual([]);
    expect(send(direct, { between: ["host", "left"] })).toEqual([
      "steps[0].network: expected it between left and right, whose network it is, got host and left.",
    ]);
    expect(send(two, {})).toEqual([
      'steps[0].network: the topology has no such network; expected "direct-network" there.',
    ]);
    expect(send({}, {})).toEqual([
      'steps[0].network: the topology has no such network; expected "direct-network" there.',
    ]);
  });

  test("two machines do in its place, which links have to join", () => {
    const send = (...between: string[]) => told(two, { steps: [{ do: "send", between }] });
    expect(send("left", "right")).toEqual([]);
    expect(send("left", "rigth")).toEqual([
      'steps[0].between[1]: no machine is named "rigth"; expected one of left, right, host. Did you mean "right"?',
    ]);
    expect(send("left", "left")).toEqual([
      'steps[0].between: expected two machines, got "left" twice.',
    ]);
    expect(send("left")).toEqual(["steps[0].between: expected two machines, got a list."]);
    const apart = {
      machines: { ...two.machines, other: { role: "host" } },
      links: { west, east: { host: "other", endpoint: "right" } },
    };
    expect(told(apart, { steps: [{ do: "send", between: ["left", "right"] }] })).toEqual([
      'steps[0].between: no links lead from "left" to "right"; expected two machines that some do.',
    ]);
  });

  test("an endpoint that joins its hosts is at no end of what goes between them", () => {
    const joined = {
      machines: {
        ...{ near: { role: "host" }, far: { role: "host" } },
        soc: { role: "endpoint", "joins-hosts": true },
      },
      links: { a: { host: "near", endpoint: "soc" }, b: { host: "far", endpoint: "soc" } },
    };
    const send = (...between: string[]) => told(joined, { steps: [{ do: "send", between }] });
    expect(send("near", "far")).toEqual([]);
    expect(send("near", "soc")).toEqual([
      'steps[0].between[1]: "soc" joins its hosts and has no end of their network; expected one of near, far.',
    ]);
  });

  test("where there are two machines, none is named, and none has to be", () => {
    expect(told({}, { steps: [{ do: "send" }] })).toEqual([]);
    expect(told({}, { steps: [{ do: "send", link: "west" }] })).toEqual([
      'steps[0].link: no link is named "west"; expected a topology with "links"; leave it away where there are two machines.',
    ]);
  });
});
