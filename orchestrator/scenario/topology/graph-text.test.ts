// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { graphLines } from "./graph-text.ts";
import { topologySchema } from "./topology.ts";

test("a pair is a host, and the endpoint behind its link", () => {
  const topology = topologySchema.parse({ host: { cpus: 2 }, controller: { "wr-channels": 2 } });
  expect(graphLines(topology)).toEqual([
    "host, 1G, 2 CPUs",
    "└── endpoint, 1G, 1 CPU, controller plat, 2 write channels",
  ]);
});

test("each host stands with its links, and an endpoint behind each of them", () => {
  const controller = { profile: "r-car-s4", functions: 2, "wr-channels": 1, "rd-channels": 3 };
  const topology = topologySchema.parse({
    machines: {
      near: { role: "host", memory: "512M" },
      far: { role: "host" },
      soc: { role: "endpoint", "joins-hosts": true },
      last: { role: "endpoint" },
    },
    links: {
      a: { host: "near", endpoint: "soc" },
      b: { host: "far", endpoint: "soc" },
      c: { host: "far", endpoint: "last", controller },
    },
  });
  expect(graphLines(topology)).toEqual([
    "near: host, 512M, 1 CPU",
    "└─ a ─ soc: endpoint, 1G, 1 CPU, joins its hosts, controller plat",
    "far: host, 1G, 1 CPU",
    "├─ b ─ soc: endpoint, 1G, 1 CPU, joins its hosts, controller plat",
    "└─ c ─ last: endpoint, 1G, 1 CPU, controller r-car-s4, 1 write and 3 read channels, 2 functions",
  ]);
});
