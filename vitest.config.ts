// SPDX-License-Identifier: MIT
import { defineConfig } from "vitest/config";

const provisioned = ["orchestrator/testing/provisioned.ts"];

export default defineConfig({
  test: {
    // Device and two-VM tests start real QEMU processes; a small machine runs one file at a time.
    fileParallelism: false,
    projects: [
      {
        test: {
          name: "units",
          include: [
            "orchestrator/**/*.test.ts",
            "qemu-devices/bench/**/*.test.ts",
            "ci/**/*.test.ts",
          ],
          exclude: ["**/*.lab.test.ts"],
        },
      },
      {
        test: {
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
          include: ["orchestrator/**/*.lab.test.ts"],
          globalSetup: provisioned,
          testTimeout: 600_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
