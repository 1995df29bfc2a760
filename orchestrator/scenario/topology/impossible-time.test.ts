// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { impossibleTime } from "./impossible-time.ts";
import { topologySchema } from "./topology.ts";

function told(topology: unknown): string[] {
  return impossibleTime({ topology: topologySchema.parse(topology) }).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );
}

const beside = {
  host: { cpus: 2, card: { kind: "edda" } },
  endpoint: { cpus: 4 },
  "count-instructions": true,
};

test("what virtual time cannot be together with is told, each at its place, with what would do", () => {
  expect(told({ ...beside, time: "virtual" })).toEqual([
    expect.stringMatching(
      /^topology\.host\.cpus: expected 1 .+, got 2; write 1, or "time: wall"\.$/,
    ),
    expect.stringMatching(/^topology\.endpoint\.cpus: .+, got 4; write 1/),
    expect.stringMatching(/^topology\.count-instructions: expected false .+; leave it away, or/),
    expect.stringMatching(/^topology\.host\.card: expected no card .+; leave it away, or/),
  ]);
});

test("all of it is possible by the wall clock, and nothing is said of one CPU in virtual time", () => {
  expect(told(beside)).toEqual([]);
  expect(told({ time: "virtual" })).toEqual([]);
});

test("a seed varies nothing by the wall clock", () => {
  expect(told({ seed: 4 })).toEqual([
    'topology.seed: expected "time: virtual" with a seed, which varies what that takes, got seed 4 and wall-clock time.',
  ]);
  expect(told({ seed: 4, time: "virtual" })).toEqual([]);
});

test("nothing wakes late by the wall clock", () => {
  expect(told({ cpuidle: true })).toEqual([
    'topology.cpuidle: expected "time: virtual" with CPUs that sleep, whose waking takes some of it, got cpuidle and wall-clock time.',
  ]);
  expect(told({ cpuidle: true, time: "virtual" })).toEqual([]);
});
