// SPDX-License-Identifier: MIT

import { expect, test } from "vitest";
import { countersOf } from "../../lab/testing/counters.ts";
import type { Evidence } from "../../steps/registry.ts";
import { measuredSeries } from "./measured-series.ts";

const guest = { txBytes: 0, rxBytes: 0, interrupts: {} };
const controller = countersOf({ write: [], read: [] });

const tcp: Evidence = {
  id: "edma.tcp",
  kind: "iperf3",
  data: {
    protocol: "tcp",
    counters: { hops: [{ forward: "host-to-endpoint", controller }], host: guest, endpoint: guest },
    samples: {
      "endpoint-to-host": [],
      "host-to-endpoint": [
        {
          ...{ seconds: 2, bytesSent: 1, bytesReceived: 1, gigabits: 1.5 },
          ...{ retransmits: 0, lostPercent: undefined, beganAt: 10_000 },
          intervals: [
            { start: 0, end: 1, gigabits: 1 },
            { start: 1, end: 2, gigabits: 2 },
          ],
        },
      ],
    },
  },
};
const ping: Evidence = {
  id: "edma.ping",
  kind: "ping",
  data: { sent: 3, received: 2, rtt: [4, 5] },
};

/** A journal that began 5 s after the clock's zero. */
class StoppedClock {
  readonly #began = 5000;
  clock(at = 0): number {
    return at - this.#began;
  }
}

function step(id: string, startMs: number) {
  return { id, kind: "", title: id, status: "done" as const, startMs, durationMs: 400 };
}

test("throughput and round trips are placed in the time of the run", () => {
  const steps = [step("edma.tcp", 4900), step("edma.ping", 8000)];
  const journal = new StoppedClock();
  expect(measuredSeries({ evidence: [tcp, ping], steps, journal })).toEqual([
    {
      name: "edma.throughput.host_to_endpoint",
      unit: "Gb/s",
      points: [
        [5000, 0],
        [5000, 1],
        [6000, 1],
        [6000, 2],
        [7000, 2],
        [7000, 0],
      ],
    },
    {
      name: "edma.rtt",
      unit: "ms",
      points: [
        [8100, 4],
        [8300, 5],
      ],
    },
  ]);
});

test("what was measured without any result is no series", () => {
  const lost: Evidence = { id: "ping", kind: "ping", data: { sent: 3, received: 0, rtt: [] } };
  const journal = new StoppedClock();
  expect(measuredSeries({ evidence: [lost], steps: [step("ping", 0)], journal })).toEqual([]);
});
