// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { topologySchema } from "../scenario/topology/topology.ts";
import { qemuArguments } from "./arguments.ts";

/** Options of QEMU's that stand alone; each other one has one value. */
const alone = ["-nodefaults", "-no-user-config", "-no-reboot"];

test.each([
  ["the smallest pair", {}],
  ["a PC without an IOMMU", { host: { machine: "q35" } }],
  ["a PC with one", { host: { machine: "q35", iommu: "intel" } }],
  [
    "guests with an SMMU and a network of their own",
    { "direct-network": true, host: { iommu: "smmuv3" } },
  ],
  [
    "a controller whose profile says how many channels it has",
    { controller: { profile: "rk3588" } },
  ],
])(
  "QEMU hears options with their values, and no word that it would take for a disk: %s",
  (_what, given) => {
    const topology = topologySchema.parse(given);
    for (const role of ["host", "endpoint"] as const) {
      const paths = {
        kernel: "/k",
        initrd: "/i",
        links: ["/t/link"],
        direct: { own: "/o", peer: "/p", end: 0 } as const,
      };
      const args = qemuArguments(role, { topology }, paths, "tcg").filter(
        (word) => !alone.includes(word),
      );
      const [options, values] = [0, 1].map((odd) => args.filter((_, index) => index % 2 === odd));
      expect(options?.filter((word) => !/^-[a-z]+$/.test(word))).toEqual([]);
      expect(values?.filter((word) => /^-|undefined/.test(word))).toEqual([]);
      expect(values).toHaveLength(options?.length ?? 0);
    }
  },
);
