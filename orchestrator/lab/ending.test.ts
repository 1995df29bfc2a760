// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { endingOf } from "./ending.ts";

test.each([
  [{ status: 1 }, "ended with status 1"],
  [{ status: 128 }, "ended with status 128"],
  [{ status: 134 }, "ended with status 134, which stands for SIGABRT"],
  [{ status: 137 }, "ended with status 137, which stands for SIGKILL"],
  [{ status: 139 }, "ended with status 139, which stands for SIGSEGV"],
  [{ status: 255 }, "ended with status 255"],
  [{ status: undefined, signal: "SIGBUS" }, "was killed by SIGBUS"],
  [{ status: undefined }, "was killed"],
])("a program that left %o", (left, words) => {
  expect(endingOf(left)).toBe(words);
});
