// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { topologySchema } from "../scenario/topology/topology.ts";
import { addresses } from "./addresses.ts";
import { directionInMetrics, overWhich, trafficOf } from "./network.ts";
import { ping } from "./ping.ts";
import { route } from "./route.ts";
import { playedGuests, stepOf } from "./testing/played-guests.ts";
import { transportStatistics } from "./transport-statistics.ts";
import { waitForLink } from "./wait-for-link.ts";

/** near — a — soc — b — far — c — last: endpoints and hosts in turns. */
const topology = topologySchema.parse({
  machines: {
    near: { role: "host" },
    far: { role: "host" },
    soc: { role: "endpoint" },
    last: { role: "endpoint" },
  },
  links: {
    a: { host: "near", endpoint: "soc" },
    b: { host: "far", endpoint: "soc" },
    c: { host: "far", endpoint: "last" },
  },
});

/** near — a — soc — b — far — c — last, where soc joins near and far. */
const joinedHosts = topologySchema.parse({
  machines: {
    near: { role: "host" },
    far: { role: "host" },
    soc: { role: "endpoint", "joins-hosts": true },
    last: { role: "endpoint" },
  },
  links: {
    a: { host: "near", endpoint: "soc" },
    b: { host: "far", endpoint: "soc" },
    c: { host: "far", endpoint: "last" },
  },
});

describe("traffic", () => {
  test("over one link is between its ends", () => {
    expect(trafficOf(topology, { link: "b" })).toMatchObject({
      ends: { host: "far", endpoint: "soc" },
      interfaces: { host: "ntb1", endpoint: "ntb1" },
      addresses: { host: "192.168.77.5", endpoint: "192.168.77.6" },
      hops: [{ link: { name: "b" }, forward: "host-to-endpoint" }],
    });
  });

  test("over several goes up some and down others", () => {
    expect(trafficOf(topology, { between: ["last", "near"] })).toMatchObject({
      ends: { host: "last", endpoint: "near" },
      interfaces: { host: "ntb2", endpoint: "ntb0" },
      addresses: { host: "192.168.77.10", endpoint: "192.168.77.1" },
      hops: [
        { link: { name: "c" }, forward: "endpoint-to-host" },
        { link: { name: "b" }, forward: "host-to-endpoint" },
        { link: { name: "a" }, forward: "endpoint-to-host" },
      ],
    });
  });

  test("over a direct network is between its two ends, whichever links there are", () => {
    const pair = topologySchema.parse({ "direct-network": true });
    expect(trafficOf(pair, { network: "direct" })).toMatchObject({
      ends: { host: "host", endpoint: "endpoint" },
      interfaces: { host: "direct0", endpoint: "direct0" },
      addresses: { host: "192.168.78.1", endpoint: "192.168.78.2" },
      hops: [{ forward: "host-to-endpoint" }],
    });
    const graph = { ...topology, "direct-network": ["near", "last"] };
    expect(trafficOf(graph, { network: "direct" })).toMatchObject({
      ends: { host: "near", endpoint: "last" },
      addresses: { host: "192.168.78.1", endpoint: "192.168.78.2" },
    });
    expect(trafficOf(graph, { network: "direct", between: ["last", "near"] })).toMatchObject({
      ends: { host: "last", endpoint: "near" },
      addresses: { host: "192.168.78.2", endpoint: "192.168.78.1" },
    });
  });

  test("between two hosts that their endpoint joins is of one network, over either link", () => {
    const joined = topologySchema.parse({
      machines: {
        near: { role: "host" },
        far: { role: "host" },
        other: { role: "endpoint" },
        soc: { role: "endpoint", "joins-hosts": true },
      },
      links: {
        x: { host: "near", endpoint: "other" },
        a: { host: "near", endpoint: "soc" },
        b: { host: "far", endpoint: "soc" },
      },
    });
    const whole = {
      ends: { host: "near", endpoint: "far" },
      interfaces: { host: "ntb1", endpoint: "ntb1" },
      addresses: { host: "192.168.77.5", endpoint: "192.168.77.6" },
      hops: [
        { link: { name: "a" }, forward: "host-to-endpoint" },
        { link: { name: "b" }, forward: "endpoint-to-host" },
      ],
    };
    expect(trafficOf(joined, { link: "a" })).toMatchObject(whole);
    expect(trafficOf(joined, { link: "b" })).toMatchObject(whole);
    expect(trafficOf(joined, { between: ["near", "far"] })).toMatchObject(whole);
    expect(trafficOf(joined, { between: ["far", "near"] })).toMatchObject({
      ends: { host: "far", endpoint: "near" },
      addresses: { host: "192.168.77.6", endpoint: "192.168.77.5" },
    });
    expect(trafficOf(joined, { link: "x" })).toMatchObject({
      ends: { host: "near", endpoint: "other" },
      interfaces: { host: "ntb0", endpoint: "ntb0" },
      hops: [{ link: { name: "x" } }],
    });
    const plan = { topology: joined } as never;
    const waiting = waitForLink.commands(stepOf(waitForLink, { link: "b" }), plan);
    const named = addresses.commands(stepOf(addresses, { link: "b" }), plan);
    expect([waiting, named].map((all) => all.map(({ on }) => on))).toEqual([
      ["far", "near"],
      ["far", "near"],
    ]);
    // Each host has the interface behind its own port.
    expect(named.map(({ script }) => /in (\S+)\) found/.exec(script)?.[1])).toEqual([
      "*/0000:00:01.0/*",
      "*/0000:00:02.0/*",
    ]);
  });

  test("is told by the machines' names, or by the link's", () => {
    expect(directionInMetrics("endpoint-to-host")).toBe("endpoint_to_host");
    expect(directionInMetrics("host-to-endpoint", ["left", "far-right"])).toBe("left_to_far_right");
    expect(directionInMetrics("endpoint-to-host", ["left", "right"])).toBe("right_to_left");
    expect(overWhich({ between: ["a", "b"] })).toBe(" between a and b");
    expect(overWhich({ link: "west" })).toBe(" over the link west");
    expect(overWhich({})).toBe("");
  });
});

test("each machine on the way learns of the networks that it is not on, and those in between forward", async () => {
  const { context, happened, scripts } = playedGuests({ plan: { topology } });
  await route.run(stepOf(route, { between: ["near", "last"] }), context);
  expect(happened).toEqual(
    ["near", "soc", "far", "last"].map((name) => `${name}: routing between links`),
  );
  const told = (name: string) =>
    scripts.get(`${name}: routing between links`)?.split("\n").slice(1);
  expect(told("near")).toEqual(["ip route replace 192.168.77.8/30 via 192.168.77.2 dev ntb0"]);
  const forward = "echo 1 > /proc/sys/net/ipv4/ip_forward";
  expect(told("soc")).toEqual([
    ...[forward, "ip route replace 192.168.77.8/30 via 192.168.77.5 dev ntb1"],
  ]);
  expect(told("far")).toEqual([
    ...[forward, "ip route replace 192.168.77.0/30 via 192.168.77.6 dev ntb1"],
  ]);
  expect(told("last")).toEqual(["ip route replace 192.168.77.0/30 via 192.168.77.9 dev ntb2"]);
});

test("a machine that is at neither end of a network has no address there", () => {
  expect(() => trafficOf(joinedHosts, { between: ["near", "soc"] })).toThrow(
    'the machine "soc" is at neither end of the network over the link "a"',
  );
});

test("the transport's statistics are read of both hosts that are joined", () => {
  const transport = { statistics: "/stats/*" };
  const plan = { topology: joinedHosts, transport, steps: [] } as never;
  const of = (link: string) =>
    transportStatistics
      .commands(stepOf(transportStatistics, { link }), plan)
      .map(({ on, script }) => [on, /devices\/(\S+?)\//.exec(script)?.[1]]);
  expect(of("b")).toEqual([
    ["far", "0000:00:01.0"],
    ["near", "0000:00:01.0"],
  ]);
  expect(of("c")).toEqual([
    ["last", undefined],
    ["far", "0000:00:02.0"],
  ]);
});

test("a machine that joins its hosts forwards nothing", async () => {
  const told = (...between: string[]) =>
    route
      .commands(stepOf(route, { between }), { topology: joinedHosts } as never)
      .map(({ on, script }) => [on, ...script.split("\n").slice(1)]);
  expect(told("near", "far")).toEqual([["near"], ["far"]]);
  expect(told("last", "near")).toEqual([
    ["last", "ip route replace 192.168.77.0/30 via 192.168.77.9 dev ntb2"],
    ["far", "echo 1 > /proc/sys/net/ipv4/ip_forward"],
    ["near", "ip route replace 192.168.77.8/30 via 192.168.77.2 dev ntb0"],
  ]);
});

test("a ping between two machines goes from the first, by its interface, to the other's address", () => {
  const step = stepOf(ping, { between: ["last", "near"], count: 3 });
  const [command] = ping.commands(step, { topology } as never);
  expect(command?.on).toBe("last");
  expect(command?.script).toContain("ping -n -I ntb2 -c 3 -i 0.02 192.168.77.1 ");
  expect(ping.title(step)).toBe("Ping 3 times between last and near");
});
