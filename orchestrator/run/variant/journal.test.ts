// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { EventStream, type RunEvent } from "../../report/events.ts";
import { Journal, ofVariant } from "./journal.ts";

test("a part of the run is told as it begins and ends, and kept with its time, however it ended", async () => {
  const seen: RunEvent[] = [];
  const reporter = { name: "seen", on: (event: RunEvent) => void seen.push(event) };
  const journal = new Journal(new EventStream([reporter], () => {}));
  expect(await journal.phase("boot", "Boot both VMs", async () => 7)).toBe(7);
  const work = () => Promise.reject(new Error("no"));
  const failing = journal.phase("steps", "Run the steps", work, ofVariant("six"));
  await expect(failing).rejects.toThrow("no");
  await journal.events.settled();
  const [boot, steps] = journal.phases;
  expect(journal.phases).toHaveLength(2);
  expect(boot).toEqual({ name: "boot", startMs: boot?.startMs, durationMs: boot?.durationMs });
  expect(steps).toMatchObject({ name: "steps", variant: "six" });
  expect((steps?.startMs ?? 0) + (steps?.durationMs ?? 0)).toBeLessThanOrEqual(journal.clock());
  expect(steps?.durationMs).toBeGreaterThanOrEqual(0);
  const head = { phase: "steps", title: "Run the steps", variant: "six" };
  expect(seen).toEqual([
    { type: "phase-started", phase: "boot", title: "Boot both VMs" },
    {
      ...{ type: "phase-finished", phase: "boot", title: "Boot both VMs" },
      durationMs: boot?.durationMs,
    },
    { type: "phase-started", ...head },
    { type: "phase-finished", ...head, durationMs: steps?.durationMs },
  ]);
});

test("a scenario without a matrix has no variants to name", () => {
  expect(ofVariant("")).toEqual({});
});
