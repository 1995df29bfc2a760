// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { checkKinds, checkSchemas } from "../checks/registry.ts";
import { UsageError } from "../errors.ts";
import { callerDirectory, scenarioDirectory } from "../project.ts";
import { ScenarioError } from "../scenario/diagnostics.ts";
import { loadScenario } from "../scenario/load.ts";
import { makePlan, type Plan, withVariants } from "../scenario/plan.ts";
import type { Vocabulary } from "../scenario/schema.ts";
import { stepKinds, stepSchemas } from "../steps/registry.ts";

/** All step and check kinds that a scenario can use. */
export const vocabulary: Vocabulary = {
  steps: stepSchemas,
  checks: checkSchemas,
  functions: (kind, params, topology) => stepKinds.get(kind)?.functions(params, topology) ?? [],
  moves: (kind, params, topology) => stepKinds.get(kind)?.moves(params, topology) ?? [],
  programs: (kind) => stepKinds.get(kind)?.programs ?? [],
  references: (kind, params) => checkKinds.get(kind)?.references(params) ?? [],
};

export interface PlanOptions {
  /** `KEY=VALUE` of --set. */
  readonly set?: readonly string[];
  /** Names of the variants that are wanted; without it, all. */
  readonly variants?: readonly string[];
  /** Directory of the parts that scenarios include by name, where it is not the project's. */
  readonly parts?: string;
}

/** What scenarios include by name. */
export const partsDirectory = join(scenarioDirectory, "parts");

/** The plan of a scenario file. Throws UsageError with one line for each mistake in it. */
export function readPlan(file: string, options: PlanOptions = {}): Plan {
  const parts = near(partsDirectory);
  try {
    const scenario = loadScenario(near(file), vocabulary, { parts, read: readNear, ...options });
    const plan = makePlan(scenario);
    return withFiles(options.variants ? withVariants(plan, options.variants) : plan);
  } catch (error) {
    if (error instanceof ScenarioError) throw new UsageError(error.message, { cause: error });
    if (error instanceof Error && "code" in error) {
      throw new UsageError(`could not read ${file}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** The same plan, with the files that its steps bring among its own. Throws UsageError for one that is not there. */
function withFiles(plan: Plan): Plan {
  const brought = plan.variants.flatMap(({ directory, steps }) =>
    steps.flatMap(({ id, kind, params }) =>
      (stepKinds.get(kind)?.files(params) ?? []).map((given) => {
        const file = join(directory, given);
        if (isAbsolute(given) || !existsSync(resolve(callerDirectory(), file))) {
          throw new UsageError(
            `${plan.file}: the step "${id}" brings ${given}: there is no such file by a path from the scenario's`,
          );
        }
        return file;
      }),
    ),
  );
  return brought.length === 0
    ? plan
    : { ...plan, files: [...new Set([...plan.files, ...brought])] };
}

/** npm runs this elsewhere than where the person is. */
function readNear(path: string): string {
  return readFileSync(resolve(callerDirectory(), path), "utf8");
}

/** A file as a person in the caller's directory would name it. */
function near(file: string): string {
  const path = relative(callerDirectory(), file);
  return path.startsWith("..") ? file : path;
}
