// SPDX-License-Identifier: MIT
import type * as z from "zod";
import type { Role } from "../lab/arguments.ts";
import type { ScenarioCheck } from "../scenario/load.ts";
import type { StepReference } from "../scenario/schema.ts";
import type { Evidence, EvidenceByKind } from "../steps/registry.ts";
import type { Metric } from "./metrics.ts";

/** All that a check may look at. Plain data: a check does nothing but think. */
export interface Findings {
  readonly evidence: readonly Evidence[];
  readonly consoles: Readonly<Record<Role, readonly string[]>>;
  readonly metrics: readonly Metric[];
  /** Whether every step has run; otherwise what is missing is no fault of its own. */
  readonly complete: boolean;
}

export type CheckStatus = "pass" | "fail" | "skip";

/** A check's result, as result.json has it. */
export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** What was found; for a person, or a number in `unit`. */
  readonly measured: string | number | null;
  readonly expected: string | number | null;
  readonly unit: string;
  /** Why the check failed or was skipped; empty if it passed. */
  readonly reason: string;
}

/** Thrown by a check kind that finds nothing to judge. */
export class NothingToJudge extends Error {}

/** What a check kind says of the findings. Without `reason` the check has passed. */
export interface Judgement {
  readonly measured: string | number;
  readonly expected: string | number;
  readonly unit?: string;
  readonly reason?: string | undefined;
}

/**
 * A kind of check: the schema of its fields, which steps they name, and its judgement. `judge` may
 * assume that the named steps have left their evidence; a check whose evidence is missing is skipped.
 */
export interface CheckDefinition<Schema extends z.ZodObject> {
  readonly kind: string;
  readonly summary: string;
  readonly schema: Schema;
  readonly references: (params: z.output<Schema>) => readonly StepReference[];
  readonly judge: (params: z.output<Schema>, findings: Findings) => Judgement;
}

/** A check kind as the registry holds it. */
export interface CheckKind {
  readonly kind: string;
  readonly summary: string;
  readonly schema: z.ZodObject;
  readonly references: (params: ScenarioCheck["params"]) => readonly StepReference[];
  readonly judge: (check: ScenarioCheck, findings: Findings) => CheckResult;
}

export function defineCheck<Schema extends z.ZodObject>(
  definition: CheckDefinition<Schema>,
): CheckKind {
  // The scenario layer let the fields pass by this very schema: the one place that relies on it.
  const fields = (params: ScenarioCheck["params"]) => params as z.output<Schema>;
  const { kind, summary, schema } = definition;
  return {
    kind,
    summary,
    schema,
    references: (params) => definition.references(fields(params)),
    judge: (check, findings) => {
      const { id, title } = check;
      const missing = definition
        .references(fields(check.params))
        .find((reference) => !findings.evidence.some((evidence) => evidence.id === reference.id));
      if (missing) {
        const reason = `the step "${missing.id}" has left no evidence`;
        return { id, title, status: "skip", measured: null, expected: null, unit: "", reason };
      }
      const {
        measured,
        expected,
        unit = "",
        reason,
      } = definition.judge(fields(check.params), findings);
      const status = reason === undefined ? "pass" : "fail";
      return { id, title, status, measured, expected, unit, reason: reason ?? "" };
    },
  };
}

/** The evidence that the step named `id`, of the given kind, has left. */
export function evidenceOf<Kind extends keyof EvidenceByKind>(
  findings: Findings,
  id: string,
  kind: Kind,
): EvidenceByKind[Kind] {
  const found = findings.evidence.find((evidence) => evidence.id === id);
  if (found?.kind !== kind) throw new Error(`expected evidence of kind ${kind} from step "${id}"`);
  return found.data as EvidenceByKind[Kind];
}
