// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { EscapeFilter } from "./detach-key.ts";

/** What goes on to the guest of `typed`, and whether the connection was cut off; `typed` comes byte by byte too. */
function pass(typed: string): { passed: string; cut: boolean } {
  let cut = false;
  const filter = new EscapeFilter(() => {
    cut = true;
  });
  const passed = [...typed].map((key) => filter.pass(Buffer.from(key)).toString()).join("");
  expect(new EscapeFilter(() => {}).pass(Buffer.from(typed)).toString()).toBe(passed);
  return { passed, cut };
}

test.each([
  ["ls ~/.ssh\r", "ls ~/.ssh\r"],
  ["~x", "~x"],
  ["ls\r~~.\r", "ls\r~.\r"],
  ["a~.", "a~."],
])("%j is what the guest is to have", (typed, passed) => {
  expect(pass(typed)).toEqual({ passed, cut: false });
});

test.each(["~.", "ls\r~.", "ls\n~."])("%j cuts off", (typed) => {
  expect(pass(typed)).toEqual({ passed: typed.slice(0, -2), cut: true });
});
