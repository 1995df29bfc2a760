// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { impossibleIommu } from "./endpoint-iommu.ts";
import { topologySchema } from "./topology.ts";

function told(topology: unknown): string[] {
  return impossibleIommu({ topology: topologySchema.parse(topology) }).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );
}

const behind = { endpoint: { iommu: "smmuv3" } };

test("virtual time and memory that is elsewhere by itself are told, each at its place, with what would do", () => {
  expect(told({ ...behind, time: "virtual", controller: { "dma-offset": "2G" } })).toEqual([
    'topology.endpoint.iommu: expected none with "time: virtual", for what an endpoint\'s IOMMU does takes none, got smmuv3; write none, or "time: wall".',
    'topology.controller.dma-offset: expected none with an endpoint that has an IOMMU, which says where its controller sees memory, got 2G; leave it away, or write "iommu: none".',
  ]);
});

test("each link is looked at by its own endpoint", () => {
  const machines = {
    left: { role: "host" },
    right: { role: "host" },
    plain: { role: "endpoint" },
    behind: { role: "endpoint", iommu: "smmuv3" },
  };
  const link = (host: string, endpoint: string) => ({
    host,
    endpoint,
    controller: { "dma-offset": "2G" },
  });
  const links = { a: link("left", "plain"), b: link("right", "behind") };
  expect(told({ machines, links })).toEqual([
    expect.stringMatching(/^topology\.links\.b\.controller\.dma-offset: /),
  ]);
});

test.each([behind, { time: "virtual" }])(
  "writes that a doorbell overtakes are told: %j",
  (topology) => {
    const late = { controller: { "forgive-posted-order": "off" } };
    expect(told({ ...topology, ...late })).toEqual([
      expect.stringMatching(/^topology\.controller\.forgive-posted-order: expected on with /),
    ]);
    expect(told(late)).toEqual([]);
  },
);

test("nothing is said of an endpoint without one, nor of one behind it by the wall clock", () => {
  expect(told({ time: "virtual", controller: { "dma-offset": "2G" } })).toEqual([]);
  expect(told({ host: { iommu: "smmuv3" }, time: "virtual" })).toEqual([]);
  expect(told(behind)).toEqual([]);
});
