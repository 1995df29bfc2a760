// SPDX-License-Identifier: MIT
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { sideBySide } from "./side-by-side.ts";

const never = new AbortController().signal;

/** Work that ends when the test says so. */
function bench() {
  const begun: string[] = [];
  const ends = new Map<string, { done: () => void; fail: (error: Error) => void }>();
  const seen = new Map<string, AbortSignal>();
  const work = (item: string, signal: AbortSignal) => {
    begun.push(item);
    seen.set(item, signal);
    return new Promise<void>((done, fail) => ends.set(item, { done, fail }));
  };
  return { begun, ends, seen, work };
}

describe("side by side", () => {
  test("so many are at work at a time, each once, in their order", async () => {
    const { begun, ends, work } = bench();
    const all = sideBySide(["a", "b", "c", "d"], 2, work, never);
    expect(begun).toEqual(["a", "b"]);
    ends.get("b")?.done();
    await turn();
    expect(begun).toEqual(["a", "b", "c"]);
    ends.get("a")?.done();
    await turn();
    expect(begun).toEqual(["a", "b", "c", "d"]);
    ends.get("c")?.done();
    ends.get("d")?.done();
    await all;
  });

  test("none begins once somebody has ended it, and those at work are waited for", async () => {
    const { begun, ends, seen, work } = bench();
    const cancel = new AbortController();
    let over = false;
    const all = sideBySide(["a", "b", "c"], 2, work, cancel.signal).then(() => {
      over = true;
    });
    cancel.abort(new Error("interrupted"));
    expect(seen.get("a")?.aborted && seen.get("b")?.aborted).toBe(true);
    ends.get("a")?.done();
    await turn();
    expect(over).toBe(false);
    ends.get("b")?.done();
    await all;
    expect(begun).toEqual(["a", "b"]);
  });

  test("an error of one ends the others, and is thrown when they have ended", async () => {
    const { begun, ends, seen, work } = bench();
    const fault = new Error("no room");
    const thrown = sideBySide(["a", "b", "c"], 2, work, never).catch((error: unknown) => error);
    ends.get("b")?.fail(fault);
    await turn();
    expect(seen.get("a")?.reason).toBe(fault);
    // What it throws because it was ended is not what went wrong.
    ends.get("a")?.fail(new Error("ended"));
    expect(await thrown).toBe(fault);
    expect(begun).toEqual(["a", "b"]);
  });
});
