// SPDX-License-Identifier: MIT
/** A short run of every fuzz target: `npm run fuzz` takes its time and adds to the corpus. */
import { expect, inject, it } from "vitest";
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";
import { fuzz } from "../fuzz/run.ts";
import { targets } from "../fuzz/targets.ts";

/** The corpus, and a moment more: hours are for `npm run fuzz`, which each push runs for a minute a target. */
const seconds = 1;

it("nothing breaks under any fuzz target", { timeout: 180_000 }, async ({ signal }) => {
  const out = await makeTemporaryDirectory();
  const { qemu } = inject("artifacts");
  const results = await fuzz({
    ...{ qemu, targets, seconds, signal, merge: false, out: out.path, progress: () => {} },
  });
  const failures = results.flatMap(({ failure }) => failure ?? []);
  expect(failures, "the inputs stay where they are").toEqual([]);
  for (const { target, executions } of results) {
    expect(executions, `inputs that ${target} ran`).toBeGreaterThan(100);
  }
  await out.remove();
});
