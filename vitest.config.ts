// SPDX-License-Identifier: MIT
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const provisioned = ["orchestrator/testing/provisioned.ts"];

/**
 * Files at the same time, where each has only small processes: one more than there are CPUs, for some tests only wait. A
 * worker takes one file after the other, for a process of its own costs as much as most files do: tests leave nothing behind
 * in their process.
 */
const side = {
  maxWorkers: Math.min(4, availableParallelism() + 1),
  isolate: false,
  sequence: { groupOrder: 0 },
};

/** Files that take long, however short they are: nothing waits for the last of them if they begin first. */
const long = [
  /\/fuzz\.test/,
  /\/scripts\.test/,
  /\/all-kernels\.test/,
  /\.browser\.test/,
  /\/bisect\.test/,
  /\/nightly\.lab\.test/,
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => long.some((name) => name.test(moduleId));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          ...side,
          name: "units",
          include: [
            "orchestrator/**/*.test.ts",
            "qemu-devices/*.test.ts",
            "guest-images/**/*.test.ts",
            "qemu-devices/bench/**/*.test.ts",
            "ci/**/*.test.ts",
          ],
          exclude: ["**/*.lab.test.ts"],
          // No verdict is about how long a test takes: many start programs, for which a machine that others use takes as long as
          // it takes. This ends one that hangs.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          ...side,
          name: "devices",
          include: ["qemu-devices/tests/**/*.test.ts"],
          globalSetup: provisioned,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "lab",
          include: ["orchestrator/**/*.lab.test.ts", "ci/**/*.lab.test.ts"],
          globalSetup: provisioned,
          testTimeout: 600_000,
          hookTimeout: 60_000,
          // Two files, with two VMs each: guests wait for each other and for time limits about a third of the time. The last
          // ones have the machine for themselves.
          maxWorkers: Math.min(2, availableParallelism()),
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
