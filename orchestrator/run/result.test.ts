// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { Artifacts, GuestArtifacts } from "../artifacts.ts";
import type { CheckResult } from "../checks/findings.ts";
import { EventStream } from "../report/events.ts";
import type { Plan, VariantPlan } from "../scenario/plan.ts";
import { graphLines } from "../scenario/topology/graph-text.ts";
import { topologySchema } from "../scenario/topology/topology.ts";
import { type Made, resultOf } from "./result.ts";
import { Journal } from "./variant/journal.ts";
import type { VariantOutcome } from "./variant/variant.ts";

const check = (id: string, change: Partial<CheckResult> = {}): CheckResult => ({
  ...{ id, title: id, status: "pass", measured: 1, expected: 1, unit: "", reason: "", ...change },
});
const step = (status: "done" | "not run") => ({
  ...{ id: "s", kind: "shell", title: "s", status, startMs: null, durationMs: null },
});

function outcome(variant: string, change: Partial<VariantOutcome> = {}): VariantOutcome {
  return {
    plan: {
      variant,
      title: `title of ${variant}`,
      topology: topologySchema.parse({}),
    } as VariantPlan,
    ...{ steps: [step("done")], checks: [], metrics: [], series: [], kernelLogs: [], consoles: [] },
    ...{ failure: undefined, expectation: undefined, status: 0, durationMs: 7, kept: false },
    ...change,
  };
}

function result(
  outcomes: readonly VariantOutcome[],
  made: Made = { status: 0 },
  reproduce?: string,
  leftOut?: readonly string[],
) {
  const variants = outcomes.map(({ plan }) => plan);
  const plan = { scenario: "mine", title: "a title", variants, leftOut } as unknown as Plan;
  const request = { plan, ...(reproduce === undefined ? {} : { reproduce }) };
  return resultOf(request, new Journal(new EventStream([], () => {})), made, outcomes);
}

test("a run that had others beside it says so, one that was alone does not", () => {
  const plan = { scenario: "mine", title: "a title", variants: [] } as unknown as Plan;
  const of = (jobs?: number) => {
    const request = { plan, ...(jobs === undefined ? {} : { jobs }) };
    return resultOf(request, new Journal(new EventStream([], () => {})), { status: 0 }, []);
  };
  expect(of(3)).toMatchObject({ jobs: 3 });
  expect(of(1)).not.toHaveProperty("jobs");
  expect(of()).not.toHaveProperty("jobs");
  for (const property of ["topology", "variants"]) expect(of()).not.toHaveProperty(property);
});

test("a run with a seed names it, so that it can be made again", () => {
  const topology = topologySchema.parse({ time: "virtual", seed: 12 });
  const plan = { scenario: "mine", variants: [{ topology }] } as unknown as Plan;
  const made = (of: Plan) =>
    resultOf({ plan: of }, new Journal(new EventStream([], () => {})), { status: 0 }, []);
  expect(made(plan)).toMatchObject({ seed: 12 });
  expect(made({ ...plan, variants: [] })).not.toHaveProperty("seed");
});

describe("the verdict of a run", () => {
  test("is the gravest of its variants' and its own", () => {
    const of = (...statuses: number[]) => result(statuses.map((status) => outcome("", { status })));
    expect(of(0, 0)).toMatchObject({ verdict: "pass", exitStatus: 0 });
    expect(of(0, 1)).toMatchObject({ verdict: "fail", exitStatus: 1 });
    expect(of(0, 125)).toMatchObject({ verdict: "error", exitStatus: 125 });
    // A failure that was seen stands.
    expect(of(1, 125)).toMatchObject({ verdict: "fail", exitStatus: 1 });
    expect(result([outcome("")], { status: 2 })).toMatchObject({ verdict: "error", exitStatus: 2 });
  });

  test("is a failure where a test that one variant leaves out passes in no other", () => {
    const left = check("a.t", { status: "skip", leftOut: true });
    const good = [outcome("a", { checks: [left] }), outcome("b", { checks: [check("b.t")] })];
    expect(result(good)).toMatchObject({ verdict: "pass", exitStatus: 0 });
    const bad = result([outcome("a", { checks: [left] }), outcome("b")]);
    expect(bad).toMatchObject({ verdict: "fail", exitStatus: 1 });
    expect(bad.checks.at(-1)).toMatchObject({ id: "left-out-passes-elsewhere", status: "fail" });
    // The other may be one that nobody asked for.
    const some = [outcome("a", { checks: [left] }), outcome("b")];
    const part = result(some, { status: 0 }, undefined, ["c"]);
    expect(part).toMatchObject({ verdict: "pass" });
    expect(part.variants?.at(-1)).toEqual({ name: "c", title: "left out by --variant" });
  });

  test("is a skip where it says why nothing was booted", () => {
    expect(result([outcome("")], { status: 0, skipped: "no such kernel" })).toMatchObject({
      ...{ verdict: "skip", skipped: "no such kernel", exitStatus: 0 },
    });
    expect(result([outcome("")])).not.toHaveProperty("skipped");
  });

  test("comes with what a variant broke off with, before what ended the run", () => {
    const failure = (message: string) => ({ phase: "x", message, excerpt: [] });
    const made = { status: 130, failure: failure("interrupted") };
    const broken = outcome("b", { failure: failure("host VM: oops") });
    expect(result([outcome("a"), broken], made).failure?.message).toBe("host VM: oops");
    expect(result([outcome("a")], made).failure?.message).toBe("interrupted");
    expect(result([outcome("a")])).not.toHaveProperty("failure");
  });
});

describe("what a result has of its variants", () => {
  test("is a verdict of each that ran, and their checks with their names", () => {
    const failure = { phase: "boot", message: "panic", excerpt: [] };
    const { variants, checks, topology } = result([
      outcome("a", { status: 1, checks: [check("a.x", { lines: ["one"], complaints: ["host"] })] }),
      outcome("b", { steps: [step("not run")], failure, status: 1 }),
      outcome("c", { steps: [step("not run")] }),
      outcome("d", { steps: [step("done"), step("not run")] }),
    ]);
    expect(topology).toEqual(graphLines(topologySchema.parse({})));
    expect(variants).toEqual([
      { name: "a", title: "title of a", verdict: "fail", durationMs: 7 },
      { name: "b", title: "title of b", verdict: "fail", durationMs: 7, failure },
      { name: "c", title: "title of c", durationMs: 7 },
      { name: "d", title: "title of d", verdict: "pass", durationMs: 7 },
    ]);
    expect(checks).toEqual([{ ...check("a.x"), lines: ["one"], variant: "a" }]);
  });

  test("is nothing where the scenario has no matrix", () => {
    const alone = result([outcome("", { checks: [check("x")] })]);
    expect(alone).not.toHaveProperty("variants");
    expect(alone.checks).toEqual([check("x")]);
  });

  test("is all that they measured, in their order", () => {
    const metric = (name: string) => ({ name, unit: "ms", samples: [1], median: 1 });
    const log = (role: "host" | "endpoint") => ({ role, lines: [] });
    const both = result([
      outcome("a", { metrics: [metric("a.m")], kernelLogs: [log("host")] }),
      outcome("b", { metrics: [metric("b.m")], kernelLogs: [log("endpoint")] }),
    ]);
    expect(both.metrics.map(({ name }) => name)).toEqual(["a.m", "b.m"]);
    expect(both.steps).toHaveLength(2);
    expect(both.kernelLogs?.map(({ role }) => role)).toEqual(["host", "endpoint"]);
  });
});

describe("what was expected to fail", () => {
  const expectation = (fails: string, met: boolean, ...differs: string[]) => ({
    ...{ fails, met, ...(differs.length === 0 ? {} : { differs }) },
  });
  test("is met where it is in all variants, and told once", () => {
    const met = expectation("a crash", true);
    const told = result([outcome("a", { expectation: met }), outcome("b", { expectation: met })]);
    expect(told.expectation).toEqual({ fails: "a crash", met: true });
    const other = expectation("an oops", false, "no kernel complained");
    const mixed = result([
      outcome("a", { expectation: met }),
      outcome("b", { expectation: other }),
    ]);
    expect(mixed.expectation).toEqual({
      ...{ fails: "a crash; an oops", met: false, differs: ["no kernel complained"] },
    });
    expect(result([outcome("a")])).not.toHaveProperty("expectation");
  });
});

test("a result says what its kernels, and its one CPU each, could not have seen; not where nothing was booted", () => {
  const cpus = (host: number) =>
    ({
      variant: "",
      title: "",
      topology: topologySchema.parse({ host: { cpus: host } }),
    }) as unknown as VariantPlan;
  const made = { status: 0, unseen: ["leaks"], accelerator: "tcg" };
  const of = (...counts: number[]) =>
    result(
      counts.map((count) => outcome("", { plan: cpus(count) })),
      made,
    ).unseen;
  const races = "races between CPUs, as each guest has one";
  expect(of(1, 1)).toEqual([
    ...["leaks", races],
    "accesses to registers that are not aligned: the emulator makes them for a guest with one CPU",
  ]);
  const kvm = result([outcome("", { plan: cpus(1) })], { ...made, accelerator: "kvm" });
  expect(kvm.unseen).toEqual(["leaks", races]);
  expect(of(1, 2)).toEqual(["leaks"]);
  expect(result([outcome("")], { status: 125, unseen: ["leaks"] })).not.toHaveProperty("unseen");
});

test("a result says what it was made with", () => {
  const guest = (configHash: string) => ({ kernel: { configHash } }) as GuestArtifacts;
  const guests = { host: guest("0123456789abcdef"), endpoint: guest("fedcba9876543210") };
  const artifacts = { guests, versions: { kernel: "7.3" } } as unknown as Artifacts;
  expect(result([], { status: 0, artifacts, accelerator: "tcg" }, "npm run x")).toMatchObject({
    ...{ accelerator: "tcg", reproduce: "npm run x" },
    versions: { kernel: "7.3", kernelConfig: "host 0123456789ab, endpoint fedcba987654" },
  });
  const nothing = result([]);
  expect(nothing).toMatchObject({ accelerator: "", versions: {} });
  expect(nothing).not.toHaveProperty("reproduce");
});
