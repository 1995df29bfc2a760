// SPDX-License-Identifier: MIT
import * as z from "zod";
import { attribute, functionSchema, setting } from "./function.ts";
import { roundsFields, roundsKind, roundsSchema, roundsSummary } from "./rounds.ts";
import {
  commonCheckFields,
  commonStepFields,
  matrixSchema,
  scenarioFields,
  type Vocabulary,
} from "./schema.ts";

/** What each kind of step and check does, in words. */
export interface Summaries {
  readonly steps: Readonly<Record<string, string>>;
  readonly checks: Readonly<Record<string, string>>;
}

/**
 * The JSON schema (draft 2020-12) of a scenario file, as editors use it for completion. What a scenario may
 * leave to the parts that it includes is not required here; `check` says what is missing then.
 */
export function scenarioJsonSchema(vocabulary: Vocabulary, summaries: Summaries): unknown {
  const steps = alternatives("do", vocabulary.steps, summaries.steps, commonStepFields);
  const rounds = roundsSchema
    .extend({ ...roundsFields, steps: z.array(steps).min(1) })
    .describe(roundsSummary);
  const checks = alternatives("check", vocabulary.checks, summaries.checks, commonCheckFields);
  const settings = z.record(attribute, setting.nullable());
  const file = z
    .strictObject({
      ...scenarioFields,
      // Null takes away what a part says.
      function: functionSchema
        .partial()
        .extend({ settings: settings.optional(), attributes: settings.optional() })
        .optional(),
      matrix: matrixSchema.optional(),
      steps: z.array(z.union([steps, rounds.meta({ title: roundsKind })])).optional(),
      checks: z.array(checks).optional(),
    })
    .describe("Two machines, the function that the endpoint presents, steps, and checks.");
  const schema = z.toJSONSchema(file, { io: "input", reused: "ref" });
  return { $schema: schema.$schema, title: "ntb-edma-lab scenario", ...schema };
}

/** Any one of the kinds, told apart by the field `tag`. */
function alternatives(
  tag: string,
  kinds: Readonly<Record<string, z.ZodObject>>,
  summaries: Readonly<Record<string, string>>,
  common: z.ZodRawShape,
) {
  return z.union(
    Object.entries(kinds).map(([kind, { shape }]) =>
      z
        .strictObject({ [tag]: z.literal(kind), ...common, ...shape })
        .meta({ title: kind, description: summaries[kind] ?? "" }),
    ),
  );
}
