// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { tooManyChannels } from "./too-many-channels.ts";
import { topologySchema } from "./topology.ts";

const told = (controller: object) =>
  tooManyChannels({ topology: topologySchema.parse({ controller }) });

test("a controller has no more channels than its glue lets interrupt", () => {
  expect(told({ "wr-channels": 8, "rd-channels": 8 })).toEqual([]);
  expect(told({ profile: "keembay" })).toEqual([]);
  expect(told({ profile: "keembay", "wr-channels": 2, "rd-channels": 6 })).toEqual([]);
  expect(told({ profile: "keembay", "rd-channels": 8 })).toEqual([
    {
      path: ["topology", "controller", "rd-channels"],
      key: false,
      message:
        'expected 8 channels of both directions together at most with "profile: keembay", whose glue knows the interrupts of no others, got 4 write and 8 read channels.',
    },
  ]);
  expect(told({ profile: "keembay", "wr-channels": 5 })).toMatchObject([
    { path: ["topology", "controller", "wr-channels"] },
  ]);
});
