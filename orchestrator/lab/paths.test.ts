// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { topologySchema } from "../scenario/topology/topology.ts";
import { vmPaths } from "./paths.ts";

const boot = { kernel: "/k", initrd: "/i" };

test("both ends of a cable are where the other looks for them, and each VM boots what it was given", () => {
  const pair = topologySchema.parse({ "direct-network": true });
  const [host, endpoint] = ["host", "endpoint"].map((name) => vmPaths(pair, name, boot, "/t"));
  expect(host).toMatchObject({ ...boot, links: ["/t/link"], qmp: "/t/host.qmp" });
  expect(endpoint).toMatchObject({ ...boot, links: ["/t/link"], qmp: "/t/endpoint.qmp" });
  expect(host?.direct?.own).not.toBe(host?.direct?.peer);
  expect(host?.direct).toEqual({
    own: endpoint?.direct?.peer,
    peer: endpoint?.direct?.own,
    end: 0,
  });
});

test("only a VM on virtual time has a port for its commands, which no other VM has", () => {
  const virtual = topologySchema.parse({ time: "virtual" });
  const ports = ["host", "endpoint"].map((name) => vmPaths(virtual, name, boot, "/t"));
  expect(ports.map((paths) => paths.commands)).toEqual([
    ...["/t/host.commands", "/t/endpoint.commands"],
  ]);
  expect(vmPaths(topologySchema.parse({}), "host", boot, "/t")).not.toHaveProperty("commands");
});

test("links that have names have a socket each", () => {
  const graph = topologySchema.parse({
    machines: { host: { role: "host" }, left: { role: "endpoint" }, right: { role: "endpoint" } },
    links: { west: { host: "host", endpoint: "left" }, east: { host: "host", endpoint: "right" } },
  });
  const links = (name: string) => vmPaths(graph, name, boot, "/t").links;
  expect(links("host")).toEqual(["/t/link-west", "/t/link-east"]);
  expect([links("left"), links("right")]).toEqual([["/t/link-west"], ["/t/link-east"]]);
});

test("of more machines the two that are named are the direct network's ends", () => {
  const graph = (more: object) =>
    topologySchema.parse({
      machines: { near: { role: "host" }, far: { role: "host" }, soc: { role: "endpoint" } },
      links: { north: { host: "near", endpoint: "soc" }, south: { host: "far", endpoint: "soc" } },
      ...more,
    });
  const ends = (more: object) =>
    ["near", "far", "soc"].map((name) => vmPaths(graph(more), name, boot, "/t").direct?.end);
  expect(ends({})).toEqual([undefined, undefined, undefined]);
  expect(ends({ "direct-network": ["near", "far"] })).toEqual([0, 1, undefined]);
  expect(ends({ "direct-network": ["soc", "near"] })).toEqual([1, undefined, 0]);
});
