// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { CheckResult } from "../../checks/findings.ts";
import type { Fails } from "../../scenario/expectation.ts";
import { type Ending, judgeExpectation } from "./expectation.ts";

const report = "https://lore.kernel.org/all/x/";

function check(id: string, reason = "", more: Partial<CheckResult> = {}): CheckResult {
  const status = reason === "" ? "pass" : "fail";
  return { id, title: id, status, measured: 1, expected: 0, unit: "", reason, ...more };
}

function judge(fails: Fails, ending: Partial<Ending>) {
  const failed = ending.failure || ending.checks?.some(({ status }) => status === "fail");
  return judgeExpectation(
    { fails, report },
    {
      ...{ failure: undefined, step: undefined, complaint: undefined, checks: [] },
      undecoded: undefined,
      status: failed ? 1 : 0,
      ...ending,
    },
  );
}

const oops: Partial<Ending> = {
  failure: { phase: "Lose the link", message: "host VM: oops: Unable to handle", excerpt: [] },
  step: "loss",
  complaint: {
    ...{ role: "host", kind: "oops", at: 0 },
    lines: ["Unable to handle kernel paging request", "pc : ntb_epf_spad_write+0x4c/0xb8"],
    trace: ["before", "Unable to handle kernel paging request", "WARNING: another"],
  },
  checks: [
    check("clean", "host console line 7: oops: Unable to handle", { complaints: ["host"] }),
    check("ping", "", { status: "skip" }),
  ],
};

describe("expect: fail passes when what is described fails", () => {
  test("a check, for the reason that is described", () => {
    const checks = [check("loss", "7 of 50 lost"), check("other")];
    const judged = judge({ check: "loss", says: "of 50 lost" }, { checks });
    expect(judged).toMatchObject({ status: 0, failure: undefined, told: { met: true, report } });
    expect(judged.checks.map(({ status }) => status)).toEqual(["xfail", "pass"]);
  });
  test("a kernel, which the check of the consoles sees, too", () => {
    const judged = judge({ console: "ntb_epf_spad_write", on: "host" }, oops);
    expect(judged).toMatchObject({ status: 0, failure: { expected: true }, told: { met: true } });
    expect(judged.checks.map(({ status }) => status)).toEqual(["xfail", "skip"]);
  });
  test("a step", () => {
    const judged = judge({ step: "loss", says: "oops" }, { ...oops, checks: [] });
    expect(judged).toMatchObject({ status: 0, failure: { expected: true } });
  });
});

/** What a person is told of each case below. */
const differs: Readonly<Record<string, readonly string[]>> = {
  "another check": ["check tcp failed, too: too slow"],
  "the check for another reason": ["check loss failed for another reason: x"],
  "a check, and what else is described does not": ["no kernel complained"],
  "a kernel elsewhere": [
    "the host's kernel complained of something else: Unable to handle kernel paging request",
    "check clean failed, too: host console line 7: oops: Unable to handle",
  ],
  "the other kernel": ["the complaint is the host's, not the endpoint's"],
  "another step": ["step loss broke off, not step ping"],
};

test("a kernel that complains as expected, in a stack that nobody can read, could not be judged", () => {
  const undecoded = "no scripts/decode_stacktrace.sh";
  const judged = judge({ console: "ntb_epf_spad_write" }, { ...oops, undecoded });
  expect(judged).toMatchObject({ status: 125, told: { met: true } });
  expect(judged.failure).toMatchObject({
    message: `${oops.failure?.message}; this was expected, but its stack was not decoded: ${undecoded}`,
  });
  expect(judged.failure?.expected).toBeUndefined();
  // One that is not what was expected is a failure first of all.
  expect(judge({ console: "other" }, { ...oops, undecoded }).status).toBe(1);
});

describe("expect: fail fails", () => {
  test("when a kernel says what is described beside another complaint", () => {
    for (const console of ["before", "WARNING: another"]) {
      expect(judge({ console }, oops)).toMatchObject({ status: 1, told: { met: false } });
    }
  });
  test("when a kernel logs an error that nobody expects beside the complaint that is described", () => {
    const errors = ["the endpoint's kernel said at error level: bar: -16"];
    const clean = check("clean", "host console line 7", { complaints: ["host"], errors });
    const judged = judge({ console: "ntb_epf_spad_write" }, { ...oops, checks: [clean] });
    expect(judged).toMatchObject({
      ...{ status: 1, told: { met: false } },
      told: { differs: ["check clean failed, too: host console line 7"] },
    });
  });
  test("when a check of the consoles fails as described, and an error is none of what is", () => {
    const [foo, bar] = ["the host's kernel said at error level: foo", "the host's kernel: bar"];
    const clean = check("clean", `${foo}, and 1 more`, { errors: [foo, bar] });
    const fails = { check: "clean", says: "foo" };
    expect(judge(fails, { checks: [clean] })).toMatchObject({
      ...{ status: 1, told: { differs: [`check clean failed for more than that: ${bar}`] } },
    });
    const same = { ...clean, errors: [foo, `${foo} again`] };
    expect(judge(fails, { checks: [same] })).toMatchObject({ status: 0, told: { met: true } });
    expect(judge({ check: "clean" }, { checks: [clean] })).toMatchObject({ status: 0 });
  });
  test("when the other kernel complains, too", () => {
    const checks = [check("clean", "host console line 7", { complaints: ["endpoint", "host"] })];
    const judged = judge({ console: "ntb_epf_spad_write" }, { ...oops, checks });
    expect(judged).toMatchObject({ status: 1, told: { met: false } });
  });
  test("when all is well: it unexpectedly passes, and that is told with the report", () => {
    const judged = judge({ check: "loss" }, { checks: [check("loss")] });
    expect(judged).toMatchObject({ status: 1, told: { met: false } });
    expect(judged.checks.at(-1)).toMatchObject({
      id: "expected-failure",
      status: "fail",
      reason: `unexpectedly passes: expected to fail: check loss; see ${report}`,
    });
  });
  test.each([
    [
      "another check",
      { check: "loss" },
      { checks: [check("loss", "lost"), check("tcp", "too slow")] },
    ],
    [
      "the check for another reason",
      { check: "loss", says: "lost" },
      { checks: [check("loss", "x")] },
    ],
    [
      "a check, and what else is described does not",
      { check: "loss", console: "oops" },
      { checks: [check("loss", "lost")] },
    ],
    ["a kernel elsewhere", { console: "pci_epc_set_bar" }, oops],
    ["the other kernel", { console: "ntb_epf_spad_write", on: "endpoint" }, oops],
    ["another step", { step: "ping" }, { ...oops, checks: [] }],
  ] as [string, Fails, Partial<Ending>][])("when %s fails", (what, fails, ending) => {
    const judged = judge(fails, ending);
    expect(judged).toMatchObject({ status: 1, told: { met: false, differs: differs[what] } });
    expect(judged.checks.some(({ status }) => status === "xfail")).toBe(false);
  });
  test("when nothing could be judged", () => {
    const judged = judge({ step: "loss" }, { ...oops, checks: [], status: 125 });
    expect(judged).toMatchObject({ status: 125, told: { met: false } });
  });
});

test("without an expectation nothing changes", () => {
  const ending = { step: undefined, complaint: undefined, undecoded: undefined };
  const checks = [check("loss", "lost")];
  expect(judgeExpectation(undefined, { ...ending, failure: undefined, checks, status: 1 })).toEqual(
    {
      ...{ failure: undefined, checks, status: 1, told: undefined },
    },
  );
});

describe("what differs from what is described", () => {
  const told = (fails: Fails, ending: Partial<Ending>) => judge(fails, ending).told?.differs;
  const failed = check("other", "x");
  test("a check that passed, was skipped, or is not there", () => {
    const of = (...checks: CheckResult[]) =>
      told({ check: "loss" }, { checks: [...checks, failed] });
    const too = "check other failed, too: x";
    expect(of(check("loss"))).toEqual(["check loss passed", too]);
    const skipped = check("loss", "not reached", { status: "skip" });
    expect(of(skipped)).toEqual(["check loss was skipped: not reached", too]);
    expect(of()).toEqual(["check loss has no result", too]);
  });
  test("no step, or a step for another reason", () => {
    const { failure, complaint } = oops;
    expect(told({ step: "loss" }, { checks: [failed] })?.[0]).toBe(
      "no step broke off, where step loss was to",
    );
    expect(told({ step: "loss", says: "refused" }, { ...oops, checks: [] })).toEqual([
      `step loss broke off with another reason: ${failure?.message}`,
    ]);
    const both = { step: "loss", says: "refused", console: "ntb_epf_spad_write" };
    expect(told(both, { ...oops, checks: [] })).toEqual([
      `step loss broke off with another message: ${failure?.message}`,
    ]);
    expect(complaint).toBeDefined();
  });
  test("a run that broke off, where only a check was to fail", () => {
    const checks = [check("loss", "lost")];
    const { failure } = oops;
    expect(told({ check: "loss" }, { checks, failure })).toEqual([
      `the run broke off: ${failure?.message}`,
    ]);
  });
  test("a check of the consoles that names no guest, or where no kernel complained", () => {
    const nameless = check("clean", "oops");
    const { complaint: _, ...silent } = oops;
    const console = "ntb_epf_spad_write";
    expect(told({ console }, { ...oops, checks: [nameless] })).toEqual([
      "check clean failed, too: oops",
    ]);
    expect(told({ console }, silent)?.[0]).toBe("no kernel complained");
  });
  test("nothing of it is told without a report where the scenario names none", () => {
    const ending = { step: undefined, complaint: undefined, undecoded: undefined, checks: [] };
    const judged = judgeExpectation(
      { fails: { check: "loss" }, report: undefined },
      { ...ending, failure: undefined, status: 0 },
    );
    expect(judged.told).not.toHaveProperty("report");
    expect(judged.checks[0]?.reason).toBe("unexpectedly passes: expected to fail: check loss");
  });
});
