// SPDX-License-Identifier: MIT
//
// The tests that mutants meet: functions with real files and small processes. Those that start the whole program, a browser
// or VMs would take seconds for each mutant, and most of them cannot run in a copy of the project.

/** Names a directory of the project, or a file: no other tests are run. */
export const testsVariable = "NTB_EDMA_LAB_MUTANTS_TESTS";

const below = process.env[testsVariable];

export default {
  test: {
    include: [
      below === undefined
        ? "orchestrator/*/**/*.test.ts"
        : below.endsWith(".test.ts")
          ? below
          : `${below}/**/*.test.ts`,
    ],
    exclude: ["**/*.{lab,browser}.test.ts", "orchestrator/{cli,bisect,testing}/**"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
};
