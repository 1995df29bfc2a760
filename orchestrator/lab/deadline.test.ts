// SPDX-License-Identifier: MIT
import { expect, test, vi } from "vitest";
import { before, seconds, timerMs } from "./deadline.ts";
import { DeadlineError } from "./errors.ts";

const never = new Promise<never>(() => {});

test("what comes in time comes, and so does its error", async () => {
  expect(await before({ ms: 1000, what: "it" }, Promise.resolve(5))).toBe(5);
  const failed = Promise.reject(new TypeError("broken"));
  await expect(before({ ms: 1000, what: "it" }, failed)).rejects.toThrow("broken");
});

test("what does not is told with how long it was waited for", async () => {
  const late = before({ ms: 20, what: "the host VM's console" }, never);
  await expect(late).rejects.toThrow(DeadlineError);
  await expect(late).rejects.toThrow("waited 0 s for the host VM's console");
});

test("who gives up is heard, before and meanwhile, and not afterwards", async () => {
  const reason = new Error("interrupted");
  const given = { ms: 10_000, what: "it" };
  await expect(before({ ...given, signal: AbortSignal.abort(reason) }, never)).rejects.toBe(reason);
  const stop = new AbortController();
  const waiting = before({ ...given, signal: stop.signal }, never);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  const later = new AbortController();
  expect(await before({ ...given, signal: later.signal }, Promise.resolve(1))).toBe(1);
  later.abort(reason);
});

test("nothing is left behind of what came in time: no timer, and nobody who listens", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await before({ ms: 1000, what: "it", signal }, Promise.resolve(1));
    await new Promise(setImmediate);
    expect(vi.getTimerCount()).toBe(0);
    expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
    expect(added).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});

test("times are told to a tenth of a second, long ones to the second", () => {
  expect([20, 1500, 9_949, 10_000, 10_040, 12_600].map(seconds)).toEqual([
    ...["0 s", "1.5 s", "9.9 s", "10 s", "10 s", "13 s"],
  ]);
});

test("a limit that no timer can have is the longest that one can", () => {
  expect(timerMs(1000)).toBe(1000);
  // 2³¹ ms would end at once.
  expect(timerMs(1e12)).toBe(2 ** 31 - 1);
});
