// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { Evidence } from "../steps/registry.ts";
import { metricsOf } from "./metrics.ts";
import { judge } from "./registry.ts";

function ping(round: number | undefined, rtt: number[], lost = 0): Evidence {
  const data = { sent: rtt.length + lost, received: rtt.length, rtt };
  return { id: "a.ping", ...(round === undefined ? {} : { round }), kind: "ping", data };
}

function pingLoss(evidence: Evidence[]) {
  const check = { kind: "ping-loss", id: "it", title: "a title", params: { of: "a.ping", max: 0 } };
  const consoles = { host: [], endpoint: [] };
  return judge([check], { evidence, consoles, metrics: metricsOf(evidence), complete: true })[0];
}

describe("metrics of rounds", () => {
  test("have one sample a round, the round's median", () => {
    const evidence = [ping(1, [1, 2, 9]), ping(2, [4]), ping(3, [3, 5])];
    expect(metricsOf(evidence)).toEqual([
      { name: "a.rtt", unit: "ms", clock: "guests", samples: [2, 4, 4], median: 4 },
    ]);
  });
  test("what is measured outside keeps all samples", () => {
    expect(metricsOf([ping(undefined, [1, 2, 9])])[0]?.samples).toEqual([1, 2, 9]);
  });
});

describe("checks of steps in rounds", () => {
  test("pass when every round is good", () => {
    expect(pingLoss([ping(1, [1]), ping(2, [1])])).toMatchObject({
      status: "pass",
      step: "a.ping@2",
    });
  });
  test("fail when one is not, and say which", () => {
    const evidence = [ping(1, [1]), ping(2, [1], 3), ping(3, [1], 1), ping(4, [1])];
    expect(pingLoss(evidence)).toMatchObject({
      status: "fail",
      measured: 3,
      step: "a.ping@2",
      reason: "round 2: 1 of 4 requests were answered; failed in round 3, too",
    });
  });
});
