// SPDX-License-Identifier: MIT
/** A short run of every fuzz target: `npm run fuzz` takes its time and adds to the corpus. */
import { expect, inject, it } from "vitest";
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";
import { fuzz } from "../fuzz/run.ts";
import { targets } from "../fuzz/targets.ts";

/**
 * For each target: the corpus, and what grows from it in a moment. A number of inputs, not a time, for a slow machine is to
 * try as many. Hours are for `npm run fuzz`, which each push runs for a minute a target.
 */
const limit = { executions: 1000 };

it("nothing breaks under any fuzz target", { timeout: 180_000 }, async ({ signal }) => {
  const out = await makeTemporaryDirectory();
  const { qemu } = inject("artifacts");
  const results = await fuzz({
    ...{ qemu, targets, limit, signal, merge: false, out: out.path, progress: () => {} },
  });
  const failures = results.flatMap(({ failure }) => failure ?? []);
  expect(failures, "the inputs stay where they are").toEqual([]);
  for (const { target, executions } of results) {
    expect(executions, `inputs that ${target} ran`).toBeGreaterThanOrEqual(limit.executions);
  }
  await out.remove();
});
