// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { differentHosts, hostArchitecture, impossibleHost } from "./host-machine.ts";
import { topologySchema } from "./topology.ts";

const told = (topology: unknown): string[] =>
  impossibleHost({ topology: topologySchema.parse(topology) }).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

test("an IOMMU of the other kind of machine is refused, with those that would do", () => {
  expect(told({ host: { machine: "q35", iommu: "smmuv3" } })).toEqual([
    'topology.host.iommu: expected none or intel with "machine: q35", got smmuv3.',
  ]);
  expect(told({ host: { iommu: "intel" } })).toEqual([
    'topology.host.iommu: expected none or smmuv3 with "machine: virt", got intel.',
  ]);
  expect(told({ host: { machine: "q35", iommu: "intel" } })).toEqual([]);
  expect(told({ host: { iommu: "smmuv3" } })).toEqual([]);
});

test("a PC has no virtual time", () => {
  expect(told({ host: { machine: "q35" }, time: "virtual" })).toEqual([
    expect.stringMatching(
      /^topology\.time: expected wall .+; write "machine: virt", or "time: wall"\.$/,
    ),
  ]);
});

test("a PC's kernel is another one, and all variants have the same", () => {
  const of = (machine: string) => topologySchema.parse({ host: { machine } });
  expect([hostArchitecture(of("virt")), hostArchitecture(of("q35"))]).toEqual(["arm64", "x86-64"]);
  const variants = ["virt", "virt", "q35"].map((machine, index) => ({
    ...{ name: `v${index}`, topology: of(machine) },
  }));
  expect(differentHosts(variants)).toMatchObject([
    { name: "v2", mistake: { path: ["topology", "host", "machine"] } },
  ]);
  expect(differentHosts(variants.slice(0, 2))).toEqual([]);
});

test("an endpoint that is a PC is refused, with the reason and what would do", () => {
  const { error } = topologySchema.safeParse({ endpoint: { machine: "q35" } });
  expect(error?.issues).toMatchObject([
    {
      path: ["endpoint", "machine"],
      message: expect.stringMatching(
        /^expected "virt", for endpoints are 64-bit Arm: .+\("host: \{ machine: q35 \}"\)$/,
      ),
    },
  ]);
});
