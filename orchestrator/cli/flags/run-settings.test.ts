// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { suspendedTimeScale } from "../../lab/gdb.ts";
import { pinnedKernels } from "../../provision/kernel/kernel-choice.ts";
import { kernelChoices } from "./kernel-flags.ts";
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
    expect(timeoutScale(values, kernelChoices(values))).toBe(scale);
  });
  test("go by the kernels, not by the flags: those of a bundle may be debug kernels", () => {
    const { host } = pinnedKernels;
    expect(timeoutScale({}, { host, endpoint: { ...host, debug: true } })).toBe(3);
  });
});
