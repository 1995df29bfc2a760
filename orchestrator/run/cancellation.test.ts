// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test } from "vitest";
import { cancellable } from "./cancellation.ts";
import { InterruptedError } from "./variant/failure.ts";

type Listener = (...args: unknown[]) => void;
const names = ["SIGINT", "SIGTERM", "SIGHUP", "uncaughtException", "disconnect"] as const;
/** Those of whoever runs the tests, who must not hear of what is played here. */
let others: Map<string, Listener[]>;
beforeEach(() => {
  others = new Map(names.map((name) => [name, process.listeners(name as never) as Listener[]]));
  for (const name of names) process.removeAllListeners(name);
});
afterEach(() => {
  for (const [name, listeners] of others) {
    expect(process.listenerCount(name), name).toBe(0);
    for (const listener of listeners) process.on(name, listener);
  }
  // The tests go on talking by it.
  process.channel?.ref();
});

/** What work hears of that goes on until it is ended. */
const ended = (end: () => void) =>
  cancellable(async (signal) => {
    const heard = new Promise<unknown>((resolve) =>
      signal.addEventListener("abort", () => resolve(signal.reason)),
    );
    end();
    return heard;
  });

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
])("%s ends it, and nobody listens afterwards", async (name, exitStatus) => {
  const reason = await ended(() => void process.emit(name as "SIGINT"));
  expect(reason).toBeInstanceOf(InterruptedError);
  expect(reason).toMatchObject({ message: `interrupted by ${name}`, exitStatus });
});

test("a fault of this program ends it with that; so does the end of a parent", async () => {
  const fault = new Error("a fault");
  expect(await ended(() => void process.emit("uncaughtException", fault))).toBe(fault);
  expect(await ended(() => void process.emit("disconnect"))).toMatchObject({ exitStatus: 129 });
});

test("what it comes to is handed on, and what it throws", async () => {
  expect(await cancellable(async (signal) => signal.aborted)).toBe(false);
  await expect(cancellable(() => Promise.reject(new Error("oops")))).rejects.toThrow("oops");
});

test("a program that no parent talks with is ended likewise", async () => {
  const { channel } = process;
  Object.defineProperty(process, "channel", { value: undefined, configurable: true });
  const reason = await ended(() => void process.emit("SIGINT")).finally(() =>
    Object.defineProperty(process, "channel", { value: channel, configurable: true }),
  );
  expect(reason).toMatchObject({ exitStatus: 130 });
});
