// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { RunResult } from "../report/result.ts";
import { passingRun } from "../report/testing/samples.ts";
import { isOther, signsOf } from "./signs.ts";

function brokenOff(message: string, phase = "Take the function off"): RunResult {
  return passingRun({ verdict: "fail", failure: { phase, message, excerpt: [] } });
}

function withFailed(checks: Record<string, string>): RunResult {
  const passing = passingRun();
  const failed = Object.entries(checks).map(([id, reason]) => ({
    ...{ id, title: id, status: "fail" as const, measured: 0, expected: 0, unit: "", reason },
  }));
  return { ...passing, verdict: "fail", checks: [...passing.checks, ...failed] };
}

const oops = (at: string, address = "dead000000000108") =>
  `endpoint VM: oops: Unable to handle kernel paging request at virtual address ${address}, in ${at}`;

const warning = (where: string) =>
  `endpoint VM: WARN: WARNING: drivers/ntb/core.c:77 at ntb_register_device+0x10/0x80 [ntb], ${where}`;

describe("a failure is the one that is looked for", () => {
  const differs = (hunted: RunResult, other: RunResult) => isOther(signsOf(other), signsOf(hunted));

  test.each<[string, RunResult, RunResult]>([
    [
      "at another address, in another step",
      brokenOff(oops("f")),
      brokenOff(oops("f", "8"), "Stop"),
    ],
    [
      "in another process",
      brokenOff(warning("CPU#0: ln/58")),
      brokenOff(warning("CPU#1: kworker/u8:2/91")),
    ],
    [
      "in what the compiler has made of the function",
      brokenOff(oops("f.isra.0.constprop.0")),
      brokenOff(oops("f")),
    ],
    [
      "when a check has found other things",
      withFailed({ ping: "10 of 10 lost" }),
      withFailed({ ping: "no route to host" }),
    ],
    [
      "when another check fails, too",
      withFailed({ ping: "lost" }),
      withFailed({ ping: "lost", iperf: "slow" }),
    ],
  ])("%s", (_, hunted, other) => {
    expect(differs(hunted, other)).toBe(false);
  });

  test.each<[string, RunResult, RunResult]>([
    ["an oops elsewhere", brokenOff(oops("f")), brokenOff(oops("g"))],
    ["in the other guest", brokenOff(oops("f")), brokenOff(oops("f").replace("endpoint", "host"))],
    ["another check", withFailed({ ping: "lost" }), withFailed({ iperf: "slow" })],
    [
      "the same check after an oops",
      withFailed({ ping: "lost" }),
      { ...withFailed({ ping: "lost" }), ...{ failure: brokenOff(oops("f")).failure } },
    ],
  ])("but not with %s", (_, hunted, other) => {
    expect(differs(hunted, other)).toBe(true);
  });

  test("where nothing tells failures apart", () => {
    expect(isOther([], ["check ping"])).toBe(false);
    expect(isOther(["check ping"], undefined)).toBe(false);
  });
});
