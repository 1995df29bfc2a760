// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { Teardown } from "./teardown.ts";

test("releases in reverse order, once, whatever fails or hangs on the way", async () => {
  const order: string[] = [];
  const teardown = new Teardown(30);
  teardown.add("the first", () => order.push("first"));
  teardown.add("the broken", () => {
    throw new Error("no");
  });
  teardown.add("the stuck", () => new Promise(() => {}));
  teardown.add("the last", async () => order.push("last"));
  const [problems, again] = await Promise.all([teardown.run(), teardown.run()]);
  expect(order).toEqual(["last", "first"]);
  expect(again).toBe(problems);
  expect(problems.map((problem) => problem.message)).toEqual([
    "could not release the stuck: DeadlineError: waited 0 s for the stuck",
    "could not release the broken: Error: no",
  ]);
  expect(problems[1]?.cause).toEqual(new Error("no"));
});

test("what is registered after all was released is released at once", async () => {
  const order: string[] = [];
  const teardown = new Teardown();
  teardown.add("the first", () => order.push("first"));
  expect(await teardown.run()).toEqual([]);
  teardown.add("the late", () => {
    order.push("late");
    throw new Error("no");
  });
  expect(await teardown.run()).toHaveLength(1);
  expect(order).toEqual(["first", "late"]);
});
