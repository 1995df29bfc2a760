// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { countersOf } from "../lab/testing/counters.ts";
import { countersSince, counting, parseGuestCounters } from "./counters.ts";
import { trafficOf } from "./network.ts";
import { playedGuests } from "./testing/played-guests.ts";

const forward = "host-to-endpoint" as const;
const guest = (txBytes: number, rxBytes: number, interrupts: Record<string, number>) => ({
  ...{ txBytes, rxBytes, interrupts },
});

test("what grew is told of each guest by itself; a handler that has come since began at nothing", () => {
  const before = {
    hops: [{ forward, controller: countersOf({ msi: 2 }) }],
    host: guest(10, 20, { timer: 5 }),
    endpoint: guest(1, 2, {}),
  };
  const after = {
    hops: [{ forward, controller: countersOf({ msi: 5 }) }],
    host: guest(110, 220, { timer: 8, ntb: 4 }),
    endpoint: guest(4, 8, { timer: 1 }),
  };
  expect(countersSince(before, after)).toMatchObject({
    hops: [{ forward, controller: { msi: 3 } }],
    host: guest(100, 200, { timer: 3, ntb: 4 }),
    endpoint: guest(3, 6, { timer: 1 }),
  });
});

test("counters are read before and after the work, in both guests", async () => {
  let readings = 0;
  const counters = (role: string) => {
    readings++;
    const bytes = role === "host" ? readings * 100 : readings;
    return `${bytes}\n${bytes * 2}\n           CPU0\n 10:  ${readings}  GICv3 1 Level  ntb\n`;
  };
  let doorbells = 0;
  const { context, happened } = playedGuests({
    answers: { counters },
    stats: () => ({ doorbells: doorbells++ }),
  });
  const { result, counters: grown } = await counting(
    context,
    trafficOf(context.plan.topology, {}),
    async () => {
      happened.push("work");
      return "done";
    },
  );
  expect(result).toBe("done");
  const reading = ["endpoint: reading counters", "host: reading counters"];
  expect(happened).toEqual([...reading, "work", ...reading]);
  // The endpoint is asked first: as the first and third, the host as the second and fourth.
  expect(grown).toMatchObject({
    hops: [{ forward, controller: { doorbells: 1 } }],
    endpoint: { txBytes: 2, rxBytes: 4, interrupts: { ntb: 2 } },
    host: { txBytes: 200, rxBytes: 400, interrupts: { ntb: 2 } },
  });
});

test("lines of interrupts that are none are passed over", () => {
  const text =
    "1\n2\n      CPU0   CPU1  \n\n  7:  1  2  GICv3 5 Edge      a b\nERR:  x  1\nMIS: 4 5\n";
  expect(parseGuestCounters(text).interrupts).toEqual({ "a b": 3, MIS: 9 });
});
