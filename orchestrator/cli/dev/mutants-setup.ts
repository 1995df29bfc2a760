// SPDX-License-Identifier: MIT
//
// Beside Stryker's own part in each test file, where one process runs the tests of many mutants: files are read without a
// change in force, and the first test that fails ends a mutant.
import { afterEach, beforeEach, inject } from "vitest";
import { spoiled } from "./mutants-spoiled.ts";

/** What Stryker hands to tests. */
const given = inject as unknown as (name: string) => string;

/** The mutant of which a test has told. */
const told = globalThis as { ntbEdmaLabMutantTold?: string };

if (given("mode") === "mutant") {
  const stryker = Reflect.get(globalThis, given("globalNamespace")) as { activeMutant?: string };
  // Of the mutant before; Stryker sets the next one when the tests begin.
  delete stryker.activeMutant;
  const mutant = given("activeMutant");
  beforeEach(({ skip }) => {
    if (told.ntbEdmaLabMutantTold === mutant) skip("a test has told");
  });
  afterEach(({ task }) => {
    if (task.result?.state !== "fail") return;
    told.ntbEdmaLabMutantTold = mutant;
    if (task.result.errors?.some(({ message }) => /timed out in \d+ms/.test(message))) {
      process.send?.(spoiled);
    }
  });
}
