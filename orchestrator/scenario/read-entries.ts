// SPDX-License-Identifier: MIT
import * as z from "zod";
import { listAt } from "./entries.ts";
import type { Mistake } from "./explain.ts";
import { suggestion } from "./nearest.ts";
import type { Path } from "./positions.ts";
import { roundsKind, roundsSchema } from "./rounds.ts";
import { commonCheckFields, commonStepFields, type Vocabulary } from "./schema.ts";
import { validate } from "./validate.ts";

/** One step or check of a scenario: its kind, the common fields, and what its kind's schema made of the rest. */
export interface ScenarioStep {
  readonly kind: string;
  readonly as: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Steps that are run several times over, all of them in each round. */
export interface ScenarioRounds {
  readonly kind: typeof roundsKind;
  readonly times: number;
  readonly steps: readonly ScenarioStep[];
}

export interface ScenarioCheck {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Validates the list of steps at `path`. Rounds inside of rounds are none. */
export function readSteps(
  value: unknown,
  path: Path,
  vocabulary: Vocabulary,
  mistakes: Mistake[],
): (ScenarioStep | ScenarioRounds)[] {
  const kinds = { ...vocabulary.steps, [roundsKind]: roundsSchema };
  return listAt(value, "steps")
    .map((raw, index): ScenarioStep | ScenarioRounds | undefined => {
      const here = [...path, "steps", index];
      if (kindOf(raw, "do") !== roundsKind) {
        return readStep(raw, here, vocabulary, mistakes, Object.keys(kinds));
      }
      const group = validate(roundsSchema, raw, here, mistakes);
      const steps = listAt(raw, "steps")
        .map((inner, place) => readStep(inner, [...here, "steps", place], vocabulary, mistakes))
        .filter(present);
      return group && { kind: roundsKind, times: group.times, steps };
    })
    .filter(present);
}

function readStep(
  raw: unknown,
  path: Path,
  vocabulary: Vocabulary,
  mistakes: Mistake[],
  known = Object.keys(vocabulary.steps),
): ScenarioStep | undefined {
  const kinds = vocabulary.steps;
  const parsed = readKind(raw, path, "do", { kinds, known, common: commonStepFields }, mistakes);
  if (!parsed) return undefined;
  const { do: kind, as, timeout: timeoutMs, variants: _, ...params } = parsed;
  return { kind, as, timeoutMs, params } as ScenarioStep;
}

/** Validates the list of checks; those that are wrong are left out. */
export function readChecks(
  value: unknown,
  vocabulary: Vocabulary,
  mistakes: Mistake[],
): (ScenarioCheck | undefined)[] {
  const kinds = vocabulary.checks;
  const choice = { kinds, known: Object.keys(kinds), common: commonCheckFields };
  return listAt(value, "checks").map((raw, index) => {
    const parsed = readKind(raw, ["checks", index], "check", choice, mistakes);
    if (!parsed) return undefined;
    const { check: kind, id, title, variants: _, ...params } = parsed;
    return { kind, id, title, params } as ScenarioCheck;
  });
}

interface Choice {
  readonly kinds: Readonly<Record<string, z.ZodObject>>;
  /** The kinds' names for messages. */
  readonly known: readonly string[];
  readonly common: z.ZodRawShape;
}

/** Validates an entry of a list by the schema of the kind that its `tag` field names. */
function readKind(
  raw: unknown,
  path: Path,
  tag: string,
  { kinds, known, common }: Choice,
  mistakes: Mistake[],
): Record<string, unknown> | undefined {
  const kind = kindOf(raw, tag);
  const schema = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!schema) {
    const got = kind === undefined ? `missing "${tag}:"` : `unknown kind ${JSON.stringify(kind)}`;
    const near = typeof kind === "string" ? suggestion(kind, known) : "";
    const message = `${got}; expected one of ${known.join(", ")}.${near}`;
    mistakes.push({ path: kind === undefined ? path : [...path, tag], key: false, message });
    return undefined;
  }
  // Not from the schema's shape: what it says of several fields together would be lost.
  const whole = schema.safeExtend({ [tag]: z.literal(String(kind)), ...common });
  return validate(whole, raw, path, mistakes);
}

function kindOf(raw: unknown, tag: string): unknown {
  return typeof raw === "object" && raw !== null ? Reflect.get(raw, tag) : undefined;
}

export function present<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
