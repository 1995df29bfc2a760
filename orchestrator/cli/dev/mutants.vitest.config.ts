// SPDX-License-Identifier: MIT
//
// The tests that mutants meet: functions with real files and small processes. Those that start the whole program, a browser
// or VMs would take seconds for each mutant, and most of them cannot run in a copy of the project.
import { testsVariable } from "./mutants.ts";
import { NearestFirst } from "./mutants-order.ts";
import { keptProcess } from "./mutants-process.ts";

const below = process.env[testsVariable];

export default {
  plugins: [keptProcess],
  test: {
    include: [
      below === undefined
        ? "orchestrator/*/**/*.test.ts"
        : below.endsWith(".test.ts")
          ? below
          : `${below}/**/*.test.ts`,
    ],
    exclude: ["**/*.{lab,browser}.test.ts", "orchestrator/{cli,bisect,testing}/**"],
    // One process for all files that a mutant reaches, as for the project's own unit tests.
    isolate: false,
    setupFiles: ["orchestrator/cli/dev/mutants-setup.ts"],
    sequence: { sequencer: NearestFirst },
    // Without a change all of them end in time, or nothing is measured: who waits for longer waits in vain.
    testTimeout: 10_000,
    hookTimeout: 10_000,
  },
};
