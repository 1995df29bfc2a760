// SPDX-License-Identifier: MIT
import type * as z from "zod";
import type { Role } from "../lab/arguments.ts";
import type { KnownNoise } from "../scenario/known-noise.ts";
import type { ScenarioCheck } from "../scenario/load.ts";
import { inRound } from "../scenario/plan.ts";
import type { StepReference } from "../scenario/schema.ts";
import type { Evidence, EvidenceByKind } from "../steps/registry.ts";
import type { Metric } from "./metrics.ts";
import { inEveryRound } from "./rounds.ts";

/** All that a check may look at. Plain data: a check does nothing but think. */
export interface Findings {
  readonly evidence: readonly Evidence[];
  readonly consoles: Readonly<Record<Role, readonly string[]>>;
  /** What the scenario lets kernels complain of. */
  readonly knownNoise?: KnownNoise;
  readonly metrics: readonly Metric[];
  /** --timeout-scale: times that something may take are multiplied by it, and least rates divided. */
  readonly timeoutScale?: number;
  /** Whether every step has run; otherwise what is missing is no fault of its own. */
  readonly complete: boolean;
}

/** `xfail`: failed as the scenario's `expect: fail` says. */
export type CheckStatus = "pass" | "fail" | "skip" | "xfail";

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
  /** The step whose findings it judges. */
  readonly step?: string;
  /** What a test in a guest printed for this result. */
  readonly lines?: readonly string[];
  /** A test that this variant did not run on purpose; it has to pass in another one. */
  readonly leftOut?: boolean;
  /** The guests whose kernels' complaints are the reason. */
  readonly complaints?: readonly Role[];
}

/** Thrown by a check kind that finds nothing to judge. */
export class NothingToJudge extends Error {}

/** What a check kind says of the findings. Without `reason` the check has passed. */
export interface Judgement {
  readonly measured: string | number;
  readonly expected: string | number;
  readonly unit?: string;
  readonly reason?: string | undefined;
  readonly complaints?: readonly Role[] | undefined;
}

interface CommonDefinition<Schema extends z.ZodObject> {
  readonly kind: string;
  readonly summary: string;
  readonly schema: Schema;
  readonly references: (params: z.output<Schema>) => readonly StepReference[];
}

/**
 * A kind of check: the schema of its fields, which steps they name, and its judgement. `judge` may
 * assume that the named steps have left their evidence; a check whose evidence is missing is skipped.
 */
export interface CheckDefinition<Schema extends z.ZodObject> extends CommonDefinition<Schema> {
  readonly judge: (params: z.output<Schema>, findings: Findings) => Judgement;
}

/** A result that a check kind itself has named, beside the check's own. */
export type NamedResult = Omit<CheckResult, "step">;

/** A kind of check that finds in the evidence how many results there are. `judge` gives the check's own first. */
export interface ManyChecksDefinition<Schema extends z.ZodObject> extends CommonDefinition<Schema> {
  readonly judge: (params: z.output<Schema>, findings: Findings) => Judged;
}

/** The check's own judgement, and the results that have names of their own. */
export interface Judged {
  readonly own: Judgement;
  readonly more: readonly NamedResult[];
}

/** A check kind as the registry holds it. */
export interface CheckKind {
  readonly kind: string;
  readonly summary: string;
  readonly schema: z.ZodObject;
  readonly references: (params: ScenarioCheck["params"]) => readonly StepReference[];
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
    references: (params) => definition.references(fields(params)),
    judge: ({ id, title, params }, findings) => {
      const references = definition.references(fields(params));
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
      const { measured, expected, unit = "", reason, complaints } = own;
      const from = complaints === undefined ? {} : { complaints };
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
