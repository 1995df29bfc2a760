// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ComplaintError, GuestError } from "../../lab/errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { EventStream } from "../../report/events.ts";
import type { Evidence } from "../../steps/registry.ts";
import { readPlan } from "../read-plan.ts";
import { Bookkeeping, titleOf } from "./bookkeeping.ts";
import { Journal } from "./journal.ts";

const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml")).variants;
if (plan === undefined) throw new Error("smoke has no variant");
const [first, second] = plan.steps;
if (first === undefined || second === undefined) throw new Error("smoke has no two steps");

const done = async () => ({ id: "x", kind: "shell", data: {} }) as unknown as Evidence;

function complaint(at: number): ComplaintError {
  return new ComplaintError("host VM: WARN", [], {
    ...{ role: "host", kind: "WARN", trace: [], lines: ["WARNING: x"] },
    at,
  });
}

function book(): Bookkeeping {
  return new Bookkeeping(
    plan as NonNullable<typeof plan>,
    new Journal(new EventStream([], () => {})),
  );
}

describe("a kernel's complaint is of the step in which it was said", () => {
  test("though the next one had begun when it was heard", async () => {
    const variant = book();
    let during = 0;
    await variant.step(first, "first", async () => {
      during = performance.now();
      return done();
    });
    const heard = variant.step(second, "second", async () => {
      throw complaint(during);
    });
    await heard.catch((error: unknown) => variant.failed(error));
    expect(variant.brokeOff.step).toBe(first.name);
    expect(variant.failure?.phase).toBe(titleOf(first));
  });

  test("behind the last step, of that one", async () => {
    const variant = book();
    await variant.step(first, "first", done);
    variant.failed(complaint(performance.now()));
    expect(variant.brokeOff.step).toBe(first.name);
  });

  test("before the first step, of none", async () => {
    const variant = book();
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2));
    await variant.step(first, "first", done);
    variant.failed(complaint(before));
    expect(variant.brokeOff.step).toBeUndefined();
  });
});

test("any other error is of the step that threw it", async () => {
  const variant = book();
  await variant.step(first, "first", done);
  const thrown = variant.step(second, "second", async () => {
    throw new GuestError("the guest refused");
  });
  await thrown.catch((error: unknown) => variant.failed(error));
  expect(variant.brokeOff.step).toBe(second.name);
  expect(variant.failure?.message).toBe("the guest refused");
});

describe("what could not be released", () => {
  test("fails a run that was good: it could not be judged", () => {
    const variant = book();
    variant.teardownProblem(new Error("a directory is left"));
    variant.teardownProblem(new Error("another one"));
    expect(variant.status).toBe(125);
    expect(variant.failure).toMatchObject({ phase: "teardown", message: "a directory is left" });
  });
  test("hides nothing that went wrong before", () => {
    const variant = book();
    variant.failed(new GuestError("the guest refused"));
    variant.teardownProblem(new Error("a directory is left"));
    expect(variant.status).toBe(1);
    expect(variant.failure?.message).toBe("the guest refused");
  });
});

test("a run is complete when all steps have left their evidence, and steps say how they ended", async () => {
  const variant = book();
  const [one, ...others] = plan.steps;
  if (!one) throw new Error("no step");
  const printed = { status: 3, stdout: "out", stderr: "err" };
  await variant.step(one, "one", async () => ({ ...(await done()), data: printed }) as Evidence);
  expect(variant.steps[0]).toMatchObject({ status: "done", output: printed });
  expect(variant.steps[0]?.durationMs).toBeGreaterThanOrEqual(0);
  expect(variant.steps[1]).toMatchObject({ status: "not run", startMs: null, durationMs: null });
  expect(variant.findings().complete).toBe(false);
  for (const step of others) await variant.step(step, "other", done);
  expect(variant.findings().complete).toBe(true);
});

test("what a variant is at is its step, and between steps its phase", async () => {
  const variant = book();
  expect(variant.where()).toBe("boot");
  await variant.phase("steps", "Run the steps", async () => {
    expect(variant.where()).toBe("steps");
    await variant.step(first, "the first step", async () => {
      expect(variant.where()).toBe("the first step");
      return done();
    });
    expect(variant.where()).toBe("steps");
  });
  await variant.phase("teardown", "End", async () => expect(variant.where()).toBe("steps"));
});
