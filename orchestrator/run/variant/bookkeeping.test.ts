// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConsoleLine } from "../../lab/console.ts";
import { ComplaintError, GuestError } from "../../lab/errors.ts";
import type { StartedLab } from "../../lab/lab.ts";
import { scenarioDirectory } from "../../project.ts";
import { EventStream, type RunEvent } from "../../report/events.ts";
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

function book(variant = "", seen: RunEvent[] = []): Bookkeeping {
  const of = { ...(plan as NonNullable<typeof plan>), variant };
  const reporter = { name: "seen", on: (event: RunEvent) => void seen.push(event) };
  return new Bookkeeping(of, new Journal(new EventStream([reporter], () => {})));
}

/** VMs whose consoles have these lines. */
function labOf(host: ConsoleLine[], endpoint: ConsoleLine[] = []): StartedLab {
  const consoles = { host: { file: "/h", lines: host }, endpoint: { file: "/e", lines: endpoint } };
  return { consoles } as unknown as StartedLab;
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
    expect(variant.failure?.phase).toBe("Configure the endpoint function");
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
    const message = "a directory is left";
    expect(variant.failure).toEqual({ phase: "teardown", message, excerpt: [] });
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

test("what was complained of next is told with its time in the run", () => {
  const variant = book();
  const error = complaint(performance.now());
  const excerpt = { title: "host VM: decoded", lines: ["oops"], file: "/h" };
  const at = performance.now();
  error.followedBy = [{ message: "host VM: oops", at, excerpt }];
  variant.failed(error, "no script");
  const atMs = variant.journal.clock(at);
  expect(variant.failure?.followedBy).toEqual([{ message: "host VM: oops", atMs, excerpt }]);
  expect(variant.brokeOff).toMatchObject({ complaint: error.complaint, undecoded: "no script" });
  const alone = book();
  alone.failed(complaint(0));
  expect(alone.failure).not.toHaveProperty("followedBy");
});

test("a line of a console is of the step during which it came last", async () => {
  const variant = book("six");
  expect(variant.stepThatSaw("host", "x")).toBeUndefined();
  const lines = [{ at: performance.now(), text: "early" }];
  variant.lab = labOf(lines);
  await new Promise((resolve) => setTimeout(resolve, 2));
  await variant.step(first, "first", async () => {
    lines.push({ at: performance.now(), text: "twice" }, { at: performance.now(), text: " once" });
    return done();
  });
  await new Promise((resolve) => setTimeout(resolve, 2));
  await variant.step(second, "second", async () => {
    lines.push({ at: performance.now(), text: "twice" });
    return done();
  });
  const during = ({ id }: { readonly id: string }) => ({ id: `six.${id}`, name: id });
  expect(variant.stepThatSaw("host", "once ")).toEqual(during(first));
  expect(variant.stepThatSaw("host", "twice")).toEqual(during(second));
  // Two kernels have logged the same at the same time of theirs.
  expect(variant.stepThatSaw("host", "twice", 1)).toEqual(during(first));
  expect(variant.stepThatSaw("host", "twice", 2)).toEqual(during(first));
  for (const [role, text] of [
    ["host", "early"],
    ["host", "never"],
    ["endpoint", "once"],
    ["no-such", "once"],
  ] as const) {
    expect(variant.stepThatSaw(role, text), `${role}: ${text}`).toBeUndefined();
  }
  // As checks name steps: without the variant.
  expect(variant.stepAt(variant.journal.clock())).toBe(second.id);
  expect(variant.stepAt(variant.steps[1]?.startMs ?? 0)).toBe(second.id);
  expect(variant.stepAt(-1)).toBeUndefined();
});

test("what a kernel said between two marks is of the step that began with the first, as long as each is marked", async () => {
  const variant = book("six");
  await variant.step(first, "first", done);
  await variant.step(second, "second", done);
  const between = { after: first.id, before: second.id };
  expect(variant.stepBetween("host", between)).toEqual({ id: `six.${first.id}`, name: first.id });
  const late = { after: first.id, before: undefined };
  variant.notMarked(["host"], second);
  expect(variant.stepBetween("host", late)).toBeUndefined();
  expect(variant.stepBetween("endpoint", late)).toMatchObject({ name: first.id });
  // The third has not begun.
  const last = { after: second.id, before: undefined };
  expect(variant.stepBetween("endpoint", last)).toMatchObject({ name: second.id });
  // Its mark may have come later than the step.
  expect(variant.stepBetween("host", last)).toBeUndefined();
});

test("consoles are told with the times of the run, and searched as they are", () => {
  const variant = book("six");
  expect(variant.consoles()).toEqual([]);
  expect(variant.findings()).toMatchObject({ consoles: {}, evidence: [], complete: false });
  expect(variant.booted).toBe(false);
  const at = performance.now();
  variant.lab = labOf([{ at, text: "hello" }]);
  expect(variant.booted).toBe(true);
  const atMs = variant.journal.clock(at);
  expect(variant.consoles()).toEqual([
    { role: "host", file: "/h", lines: [{ atMs, text: "hello" }], variant: "six" },
    { role: "endpoint", file: "/e", lines: [], variant: "six" },
  ]);
  expect(variant.findings().consoles).toEqual({ host: ["hello"], endpoint: [] });
});

test("a step's beginning, progress and end are told as they come, and how it ended is kept", async () => {
  const seen: RunEvent[] = [];
  const variant = book("six", seen);
  const began = performance.now();
  await variant.phase("boot", "Boot", async () => {});
  expect(variant.stepBegan).toBeUndefined();
  await variant.step(first, "first", async () => {
    variant.progress(first, "half");
    return done();
  });
  const failing = variant.step(second, "second", async () => {
    throw new GuestError("the guest refused");
  });
  await expect(failing).rejects.toThrow("the guest refused");
  const id = `six.${first.id}`;
  const head = { id, title: "first", variant: "six" };
  const told = seen.filter(({ type }) => type.startsWith("step-"));
  expect(told).toMatchObject([
    { type: "step-started", ...head },
    { type: "step-progress", id, text: "half" },
    { type: "step-finished", ...head, evidence: {} },
    { type: "step-started", title: "second" },
    { type: "step-failed", title: "second", message: "the guest refused" },
  ]);
  const [one, two] = variant.steps;
  expect(two).toMatchObject({ status: "failed" });
  const now = variant.journal.clock();
  for (const step of [one, two])
    expect((step?.startMs ?? 0) + (step?.durationMs ?? 0)).toBeLessThanOrEqual(now);
  expect(variant.stepBegan).toBeGreaterThan(began);
  expect(variant.sinceBoot(performance.now())).toBeLessThan(performance.now() - began);
  // A step that failed is what the variant is at, and when that was is told.
  expect(variant.where()).toBe("second");
  variant.failed(new GuestError("the guest refused"));
  expect(variant.failure?.atMs).toBe((two?.startMs ?? 0) + (two?.durationMs ?? 0));
  await expect(variant.step({ ...first, id: "other" }, "other", done)).rejects.toThrow(
    'no step "six.other" in the plan',
  );
});

test("a step is named by what it does, and by its round where there are several", () => {
  const link = { ...first, kind: "link", params: {} };
  expect(titleOf(link)).toBe("Train the link");
  const round = { ...link, round: { number: 2, of: 3 } };
  expect(titleOf(round as never)).toBe("Round 2 of 3: Train the link");
});
