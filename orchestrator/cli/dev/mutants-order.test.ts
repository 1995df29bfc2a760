// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { TestSpecification, Vitest } from "vitest/node";
import { NearestFirst } from "./mutants-order.ts";

test("a mutant meets the test beside its file first, then its directory's, then the rest, the quick before the slow", async () => {
  const ms: Record<string, number> = {
    "lab/slow.test.ts": 9,
    "lab/quick.test.ts": 3,
    "run/slow.test.ts": 8,
    "run/quick.test.ts": 1,
    "lab/ssh.test.ts": 10,
  };
  const sequencer = new NearestFirst({
    config: { root: "/copy", related: ["/copy/lab/ssh.ts"] },
    cache: { getFileTestResults: (key: string) => ({ duration: ms[key.slice(1)] }) },
  } as unknown as Vitest);
  const files = Object.keys(ms).map((name) => ({
    ...{ moduleId: `/copy/${name}`, project: { name: "" } },
  }));
  const sorted = await sequencer.sort(files as unknown as TestSpecification[]);
  expect(sorted.map(({ moduleId }) => moduleId.slice("/copy/".length))).toEqual([
    ...["lab/ssh.test.ts", "lab/quick.test.ts", "lab/slow.test.ts"],
    ...["run/quick.test.ts", "run/slow.test.ts"],
  ]);
});
