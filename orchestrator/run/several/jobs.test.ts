// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { listScenarios } from "../../scenario/catalogue.ts";
import type { Plan } from "../../scenario/plan.ts";
import { readPlan } from "../read-plan.ts";
import { memoryOf, roomHere } from "../room.ts";
import { jobsFor, judgesSpeed } from "./jobs.ts";

const GIB = 1024 ** 3;

/** A plan of variants whose guests have so much memory, in GiB: host and endpoint of each. */
function plan(...variants: [number, number][]): Plan {
  const machine = (memory: number) => ({ memory: memory * GIB });
  return {
    variants: variants.map(([host, endpoint]) => ({
      topology: { machines: { host: machine(host), endpoint: machine(endpoint) } },
    })),
  } as unknown as Plan;
}

describe("how many runs at a time", () => {
  const plans = Array.from({ length: 20 }, () => plan([0.5, 0.5]));
  const room = (processors: number, memory: number) => ({ processors, memory: memory * GIB });

  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [16, 8],
  ])("with %i processors and memory enough: %i", (processors, jobs) => {
    expect(jobsFor(plans, undefined, room(processors, 100))).toBe(jobs);
  });

  test("no more than fit into the memory; one in any case", () => {
    // Each takes 1.5 GiB with its two QEMUs.
    expect(jobsFor(plans, undefined, room(64, 4.5))).toBe(3);
    expect(jobsFor(plans, undefined, room(64, 4.4))).toBe(2);
    expect(jobsFor(plans, undefined, room(64, 0.1))).toBe(1);
  });

  test("the largest may meet: it is they that have to fit", () => {
    const mixed = [plan([0.5, 0.5]), plan([2, 2]), plan([2, 2])];
    expect(jobsFor(mixed, 2, room(2, 9))).toBe(2);
    expect(() => jobsFor(mixed, 2, room(2, 8.9))).toThrow(UsageError);
    expect(memoryOf(plan([0.5, 0.5], [2, 1], [1, 1]))).toBe(3.5 * GIB);
  });

  test("as many as a person asks for, whatever the processors", () => {
    expect(jobsFor(plans, 5, room(1, 100))).toBe(5);
    // More than there are scenarios do no harm.
    expect(jobsFor([plan([1, 1])], 50, room(1, 2.5))).toBe(50);
  });

  test("what does not fit is told, with what would", () => {
    expect(() => jobsFor(plans, 4, room(64, 4.5))).toThrow(
      "--jobs 4 does not fit into the memory: a run takes up to 1.5 GiB, and 4.5 GiB are available: expected 3 at most",
    );
  });

  test("of what does not fit, the largest is told", () => {
    expect(() => jobsFor([plan([0.5, 0.5]), plan([2, 2])], 2, room(2, 5))).toThrow(
      "a run takes up to 4.5 GiB, and 5.0 GiB are available: expected 1 at most",
    );
  });

  test("this machine has something", () => {
    const { processors, memory } = roomHere();
    expect(processors).toBeGreaterThanOrEqual(1);
    expect(memory).toBeGreaterThan(0.1 * GIB);
  });
});

test("a scenario is about speed as soon as one of its checks is, by one of the figures that this compares", () => {
  const of = (...checks: [string, object][]) =>
    judgesSpeed({
      variants: [
        { steps: [{ kind: "ping" }], checks: checks.map(([kind, params]) => ({ kind, params })) },
      ],
    } as unknown as Plan);
  const counter = { metric: "msi.count" };
  const time = { metric: "a.rtt" };
  expect(of(["metric", counter])).toBe(false);
  expect(of(["metric", counter], ["metric", time])).toBe(true);
  expect(of(["ratio", { ...counter, over: "a.rtt" }])).toBe(true);
  expect(of(["ratio", { ...counter, over: 3 }])).toBe(false);
  // What is not judged by its figure may be what it likes.
  expect(of(["ping-loss", time])).toBe(false);
  // A name that ends like a metric's is none.
  expect(of(["metric", { metric: "art" }])).toBe(false);
});

// Reading them all takes seconds on a busy machine.
test("of the project's scenarios, these are about speed, and are run alone", {
  timeout: 60_000,
}, () => {
  const fast = listScenarios(scenarioDirectory)
    .map(({ file }) => readPlan(file))
    .filter(judgesSpeed)
    .map(({ scenario }) => scenario);
  expect(fast.sort()).toEqual([
    ...["backends-compared", "faults", "pc-remote-edma"],
    ...["performance-channels", "performance-doorbells", "performance-frame-sizes"],
    ...["performance-queue-pairs", "remote-edma", "virtual-time", "virtual-time-anchor"],
  ]);
});
