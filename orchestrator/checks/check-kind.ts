// SPDX-License-Identifier: MIT
import type * as z from "zod";
import type { ScenarioCheck } from "../scenario/load.ts";
import { inRound } from "../scenario/plan.ts";
import type { StepReference } from "../scenario/schema.ts";
import type { CheckResult, Findings, Judged, Judgement } from "./findings.ts";
import { inEveryRound } from "./rounds.ts";
import { referencesIn } from "./step-field.ts";

/** Thrown by a check kind that finds nothing to judge. */
export class NothingToJudge extends Error {}

interface CommonDefinition<Schema extends z.ZodObject> {
  readonly kind: string;
  readonly summary: string;
  readonly schema: Schema;
  /** Trace events that it looks at, by their patterns: they are on in each run. */
  readonly traces?: (params: z.output<Schema>) => readonly string[];
  /** It judges how the step that it names ended; what went wrong there is no failure of the step's own then. */
  readonly judgesOutcome?: true;
}

/**
 * A kind of check: the schema of its fields, those that name steps among them (`stepOf`), and its judgement. `judge` may
 * assume that the named steps have left their evidence; a check whose evidence is missing is skipped.
 */
export interface CheckDefinition<Schema extends z.ZodObject> extends CommonDefinition<Schema> {
  readonly judge: (params: z.output<Schema>, findings: Findings) => Judgement;
}

/** A kind of check that finds in the evidence how many results there are. `judge` gives the check's own first. */
export interface ManyChecksDefinition<Schema extends z.ZodObject> extends CommonDefinition<Schema> {
  readonly judge: (params: z.output<Schema>, findings: Findings) => Judged;
}

/** A check kind as the registry holds it. */
export interface CheckKind {
  readonly kind: string;
  readonly summary: string;
  readonly schema: z.ZodObject;
  readonly judgesOutcome: boolean;
  readonly references: (params: ScenarioCheck["params"]) => readonly StepReference[];
  readonly traces: (params: ScenarioCheck["params"]) => readonly string[];
  /** The check's own result first; the others have names of their own. */
  readonly judge: (check: ScenarioCheck, findings: Findings) => readonly CheckResult[];
}

export function defineCheck<Schema extends z.ZodObject>(
  definition: CheckDefinition<Schema>,
): CheckKind {
  return defineChecks({
    ...definition,
    judge: (params, findings) => ({ own: definition.judge(params, findings), more: [] }),
  });
}

export function defineChecks<Schema extends z.ZodObject>(
  definition: ManyChecksDefinition<Schema>,
): CheckKind {
  // The scenario layer let the fields pass by this very schema: the one place that relies on it.
  const fields = (params: ScenarioCheck["params"]) => params as z.output<Schema>;
  const { kind, summary, schema } = definition;
  return {
    kind,
    summary,
    schema,
    judgesOutcome: definition.judgesOutcome === true,
    references: (params) => referencesIn(schema, params),
    traces: (params) => definition.traces?.(fields(params)) ?? [],
    judge: ({ id, title, params }, findings) => {
      const references = referencesIn(schema, params);
      const step = references[0] ? { step: references[0].id } : {};
      const missing = references.find(
        (reference) => !findings.evidence.some((evidence) => evidence.id === reference.id),
      );
      if (missing) {
        const reason = `the step "${missing.id}" has left no evidence`;
        const nothing = { measured: null, expected: null, unit: "" };
        return [{ id, title, status: "skip", ...nothing, reason, ...step }];
      }
      const judgeIn = (part: Findings) => definition.judge(fields(params), part);
      const { own, more, round } = inEveryRound(
        findings,
        references.map((reference) => reference.id),
        judgeIn,
      );
      const { measured, expected, unit = "", reason, complaints, errors } = own;
      const from = {
        ...(complaints === undefined ? {} : { complaints }),
        ...(errors === undefined ? {} : { errors }),
      };
      const status = reason === undefined ? "pass" : "fail";
      const at = step.step === undefined || round === undefined ? step : atRound(step.step, round);
      return [
        { id, title, status, measured, expected, unit, reason: reason ?? "", ...at, ...from },
        ...more.map((result) => ({ ...result, ...at })),
      ];
    },
  };
}

function atRound(step: string, round: number) {
  return { step: inRound(step, round) };
}
