// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Guests } from "../../artifacts.ts";
import { InfrastructureError } from "../../errors.ts";
import { DeadlineError } from "../../lab/errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { readPlan } from "../read-plan.ts";
import { addEvidence } from "./complaint-evidence.ts";

const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml")).variants;
if (!plan) throw new Error("smoke has no variant");
// Nothing is decoded of what is no complaint.
const about = (began: number | undefined) => ({
  ...{ guests: {} as Guests, plan, isKnown: () => false, began },
  clock: (at: number) => at,
});

/** Both consoles, with a line of the host's from before the step began and one from long before. */
function labAt(began: number) {
  const host = [
    { at: began - 60_000, text: "booting" },
    { at: began - 100, text: "link stays down: the peer uses the default backend" },
  ];
  return { consoles: { host: { file: "", lines: host }, endpoint: { file: "", lines: [] } } };
}

test("a step that waited in vain shows what both kernels said from shortly before it began", async () => {
  const began = performance.now();
  const printed = { title: "host VM: until carrier", lines: ["waiting"] };
  const error = new DeadlineError("carrier", [printed]);
  expect(await addEvidence(error, labAt(began), about(began))).toBeUndefined();
  const [first, consoles, ...more] = error.excerpts;
  expect(first).toBe(printed);
  expect(consoles?.lines).toHaveLength(1);
  expect(consoles?.lines[0]).toMatch(
    / host {5}link stays down: the peer uses the default backend$/,
  );
  expect(more).toEqual([]);
});

test("before the first step a guest's error stays as it is, and so does one that is no guest's", async () => {
  const error = new DeadlineError("no SSH");
  await addEvidence(error, labAt(0), about(undefined));
  expect(error.excerpts).toEqual([]);
  const other = new InfrastructureError("QEMU ended");
  await addEvidence(other, labAt(0), about(0));
  expect(other).not.toHaveProperty("excerpts");
});
