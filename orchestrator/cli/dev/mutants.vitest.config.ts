// SPDX-License-Identifier: MIT
//
// The tests that mutants meet: functions with real files and small processes. Those that start the whole program, a browser
// or VMs would take seconds for each mutant, and most of them cannot run in a copy of the project.
export default {
  test: {
    include: ["orchestrator/*/**/*.test.ts"],
    exclude: ["**/*.{lab,browser}.test.ts", "orchestrator/{cli,bisect,testing}/**"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
};
