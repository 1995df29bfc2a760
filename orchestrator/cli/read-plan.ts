// SPDX-License-Identifier: MIT
import { relative } from "node:path";
import { checkKinds, checkSchemas } from "../checks/registry.ts";
import { UsageError } from "../run/errors.ts";
import { ScenarioError } from "../scenario/diagnostics.ts";
import { loadScenario } from "../scenario/load.ts";
import { makePlan, type Plan } from "../scenario/plan.ts";
import type { Vocabulary } from "../scenario/schema.ts";
import { stepSchemas } from "../steps/registry.ts";
import { callerDirectory } from "./project.ts";

/** All step and check kinds that a scenario can use. */
export const vocabulary: Vocabulary = {
  steps: stepSchemas,
  checks: checkSchemas,
  references: (kind, params) => checkKinds.get(kind)?.references(params) ?? [],
};

/** The plan of a scenario file. Throws UsageError with one line for each mistake in it. */
export function readPlan(file: string): Plan {
  const near = relative(callerDirectory(), file);
  try {
    return makePlan(loadScenario(near.startsWith("..") ? file : near, vocabulary));
  } catch (error) {
    if (error instanceof ScenarioError) throw new UsageError(error.message, { cause: error });
    if (error instanceof Error && "code" in error) {
      throw new UsageError(`could not read ${file}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
