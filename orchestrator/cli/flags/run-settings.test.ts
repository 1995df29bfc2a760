// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { suspendedTimeScale } from "../../lab/gdb.ts";
import { pinnedKernels } from "../../provision/kernel/kernel-choice.ts";
import { kernelChoices } from "./kernel-flags.ts";
import { runSettings, timeoutScale } from "./run-settings.ts";
import { planOptions } from "./scenario-flags.ts";

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

describe("seeds", () => {
  const settings = (values: object) => runSettings(values, "history.jsonl", pinnedKernels);

  test("are one for each run", async () => {
    expect(await settings({ seeds: "3..6" })).toMatchObject({ repeat: 4, seeds: [3, 4, 5, 6] });
    expect(await settings({ seeds: "3..6", repeat: "4" })).toMatchObject({ repeat: 4 });
    expect(await settings({})).not.toHaveProperty("seeds");
  });
  test.each([
    [{ seeds: "6..3" }, "expected FIRST..LAST"],
    [{ seeds: "0..3" }, "from 1 to 2147483647"],
    [{ seeds: "2147483648..2147483648" }, "from 1 to 2147483647"],
    [{ seeds: "7" }, 'got "7"'],
    [{ seeds: "1..10001" }, "at most 10000"],
    [{ seeds: "1..4", repeat: "5" }, "makes 4 runs: leave --repeat"],
    [{ seeds: "1..4", seed: "2" }, "and --seed away"],
    [{ seeds: "1..4", retries: "1" }, "--seeds or --retries"],
    // A run made again would have no seed.
    [{ seeds: "4..4", retries: "1" }, "--seeds or --retries"],
    [{ repeat: "2", retries: "1" }, "--repeat or --retries"],
  ])("that make no sense are refused: %j", async (values, message) => {
    await expect(settings(values)).rejects.toThrow(message);
  });
  test("of one run are a field of its scenario, behind what else is laid over it", () => {
    expect(planOptions({ set: ["topology.seed=1"], seed: "7" })).toEqual({
      set: ["topology.seed=1", "topology.seed=7"],
    });
    expect(planOptions({})).toEqual({ set: [] });
    expect(planOptions({ variant: ["one", "two"], seed: "7" })).toEqual({
      set: ["topology.seed=7"],
      variants: ["one", "two"],
    });
    // Which the field would take as YAML: no seed at all, a name, and one that is too large.
    for (const seed of ["null", "", "many", "1.5", "2147483648"])
      expect(() => planOptions({ seed })).toThrow(`for --seed, got "${seed}"`);
  });
});
