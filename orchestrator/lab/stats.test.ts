// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { instructionsSince } from "./instructions.ts";
import { controllersSince, isAnother, statsSince, statsSum, total } from "./stats.ts";
import { countersOf } from "./testing/counters.ts";
import { idleChannel } from "./testing/idle-channel.ts";

const one = countersOf({
  ...{ msi: 3, doorbells: 10 },
  write: [
    { ...idleChannel, bytes: 100 },
    { ...idleChannel, bytes: 20 },
  ],
  read: [{ ...idleChannel, bytes: 5 }],
});
const later = countersOf({
  ...{ msi: 4, doorbells: 15 },
  write: [
    { ...idleChannel, bytes: 150 },
    { ...idleChannel, bytes: 20 },
  ],
  read: [{ ...idleChannel, bytes: 6 }],
});

test("what grew between two readings, counter by counter and channel by channel", () => {
  const grown = statsSince(one, later);
  expect(grown).toMatchObject({ msi: 1, doorbells: 5, read: [{ bytes: 1 }] });
  expect(grown.write.map(({ bytes }) => bytes)).toEqual([50, 0]);
});

test("what two controllers counted together, of which the second has fewer channels", () => {
  const sum = statsSum(one, countersOf({ msi: 1, write: [{ ...idleChannel, bytes: 1 }] }));
  expect(sum).toMatchObject({ msi: 4, doorbells: 10 });
  expect(sum.write.map(({ bytes }) => bytes)).toEqual([101, 20]);
});

test("a controller whose counter has gone back is another one", () => {
  expect(isAnother(one, later)).toBe(false);
  expect(isAnother(one, one)).toBe(false);
  expect(isAnother(later, one)).toBe(true);
  // However much the others have grown.
  expect(isAnother(one, { ...later, msi: 2 })).toBe(true);
  expect(isAnother(one, { ...later, read: [{ ...idleChannel, bytes: 4 }] })).toBe(true);
});

test("one counter over all channels, and what both guests executed since", () => {
  expect(total(one.write, "bytes")).toBe(120);
  expect(total([], "bytes")).toBe(0);
  const since = instructionsSince({ host: 10, endpoint: 7 }, { host: 15, endpoint: 27 });
  expect(since).toEqual({ host: 5, endpoint: 20 });
});

test("controllers are told apart by their links; one that was not asked both times has no growth", () => {
  const grown = controllersSince({ west: one, gone: one }, { west: later, east: later });
  expect(grown).toEqual({ west: statsSince(one, later) });
});
