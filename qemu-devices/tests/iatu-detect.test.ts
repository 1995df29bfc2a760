// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { detectIatu } from "./harness/iatu-detect.ts";
import { LinkedPair } from "./harness/linked-pair.ts";

const gigabyte = 1n << 30n;

describe("what dw_pcie_iatu_detect measures", () => {
  it.each([
    ["the defaults", {}, { outbound: 16, inbound: 16, align: 4096, limit: 1024n * gigabyte }],
    [
      "few regions, unequal, with coarse alignment",
      { "ib-windows": 3, "ob-windows": 5, "atu-align": 65536 },
      { outbound: 5, inbound: 3, align: 65536, limit: 1024n * gigabyte },
    ],
    [
      "one region in each direction, of no more than 4 GiB",
      { "ib-windows": 1, "ob-windows": 1, "atu-upper-limit": 0 },
      { outbound: 1, inbound: 1, align: 4096, limit: 4n * gigabyte },
    ],
    [
      "as many regions as there can be, with fine alignment",
      { "ib-windows": 64, "ob-windows": 64, "atu-align": 128, "atu-upper-limit": 0xffff_ffff },
      { outbound: 64, inbound: 64, align: 128, limit: 1n << 64n },
    ],
  ] as ReadonlyArray<[string, Record<string, number>, object]>)(
    "is what the properties say: %s",
    async (_what, properties, wanted) => {
      const pair = await LinkedPair.start(properties);
      try {
        expect(await detectIatu(pair)).toEqual(wanted);
      } finally {
        await pair.stop();
      }
    },
  );
});

describe("a region's registers", () => {
  it("beyond the last region read as zero and keep nothing", async () => {
    const pair = await LinkedPair.start({ "ib-windows": 2, "ob-windows": 3 });
    try {
      for (const [direction, region] of [
        ["inbound", 2],
        ["outbound", 3],
      ] as const) {
        for (const register of ["control1", "control2", "lowerBase", "lowerLimit"] as const) {
          await pair.iatu.write(direction, region, register, 0xffff_ffff);
          expect(await pair.iatu.read(direction, region, register)).toBe(0);
        }
      }
    } finally {
      await pair.stop();
    }
  });

  it("keep no bits below the alignment: base and target none, the limit all of them", async () => {
    const pair = await LinkedPair.start({ "atu-align": 65536 });
    try {
      for (const direction of ["inbound", "outbound"] as const) {
        for (const register of ["lowerBase", "lowerTarget"] as const) {
          await pair.iatu.write(direction, 1, register, 0xffff_ffff);
          expect(await pair.iatu.read(direction, 1, register)).toBe(0xffff_0000);
        }
        await pair.iatu.write(direction, 1, "lowerLimit", 0x1234_0000);
        expect(await pair.iatu.read(direction, 1, "lowerLimit")).toBe(0x1234_ffff);
      }
    } finally {
      await pair.stop();
    }
  });
});
