// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { suspendedTimeScale } from "../../lab/gdb.ts";
import { timeoutScale } from "./run-settings.ts";

describe("time limits", () => {
  test.each([
    ["are the scenario's", {}, 1],
    ["are longer with a debug kernel", { "debug-kernel": true }, 3],
    [
      "are what the person says with any kernel",
      { "debug-kernel": true, "timeout-scale": "1.5" },
      1.5,
    ],
    ["are suspended for gdb", { "debug-kernel": true, gdb: "host" }, suspendedTimeScale],
  ])("%s", (_, values, scale) => {
    expect(timeoutScale(values)).toBe(scale);
  });
});
