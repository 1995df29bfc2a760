// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { reasonIn } from "../scenario/known-noise.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { knownErrors } from "./known-errors.ts";

const said = ["pci_epf_vntb pci_epf_vntb.0: Can't find MSI domain for EPC"];
const known = (doorbells: boolean) =>
  knownErrors({
    topology: topologySchema.parse({ controller: { "msi-doorbells": doorbells } }),
    knownNoise: [{ pattern: "^thermal", reason: "it is warm" }],
  });

test("the engine's registers are no doorbells where windows begin further apart", () => {
  const polled = (align: number) =>
    knownErrors({
      topology: topologySchema.parse({ controller: { "atu-align": align } }),
      knownNoise: [],
    });
  for (const text of [
    "dw-pcie b000000.pcie-ep: Failed to program IB window",
    "pci_epf_vntb pci_epf_vntb.0: Failed to set Doorbell BAR",
  ]) {
    expect(reasonIn(polled(4096), "endpoint", [text])).toContain("polls for doorbells");
    expect(reasonIn(polled(128), "endpoint", [text])).toBeUndefined();
  }
});

test("an error is known in a topology where it may be, and the scenario's own always", () => {
  expect(reasonIn(known(false), "endpoint", said)).toContain("takes no doorbells");
  expect(reasonIn(known(true), "endpoint", said)).toBeUndefined();
  expect(reasonIn(known(true), "host", ["thermal: 88 degrees"])).toBe("it is warm");
});

test("with several controllers it may be as soon as it may with one of them", () => {
  const topology = topologySchema.parse({
    machines: {
      host: { role: "host" },
      left: { role: "endpoint" },
      right: { role: "endpoint" },
    },
    links: {
      west: { host: "host", endpoint: "left", controller: { "msi-doorbells": true } },
      east: { host: "host", endpoint: "right" },
    },
  });
  const both = knownErrors({ topology, knownNoise: [] });
  expect(reasonIn(both, "left", said)).toContain("takes no doorbells");
});

test("a doorbell that no engine can give is known without an engine, and with one is news", () => {
  const doorbell = ["pci_epf_vntb pci_epf_vntb.0: Failed to allocate doorbell: -19"];
  const of = (write: number, read = write) => {
    const controller = { "wr-channels": write, "rd-channels": read };
    return knownErrors({ topology: topologySchema.parse({ controller }), knownNoise: [] });
  };
  expect(reasonIn(of(0), "endpoint", doorbell)).toContain("there is no eDMA");
  for (const known of [of(1), of(0, 1), of(1, 0)]) {
    expect(reasonIn(known, "endpoint", doorbell)).toBeUndefined();
  }
});
