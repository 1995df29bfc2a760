// SPDX-License-Identifier: MIT
//
// Fields of checks that name a step by its `as`, and what they find there.

import * as z from "zod";
import type { StepReference } from "../scenario/schema.ts";
import type { Offers } from "../steps/offers.ts";
import { type Evidence, type EvidenceByKind, kindsOffering, offeredBy } from "../steps/registry.ts";
import type { Findings } from "./findings.ts";

/** The kinds of which the step may be. */
const stepFields = z.registry<{ readonly kinds: readonly string[] | "any" }>();

/** A field that names a step of one of these kinds, or of any kind where none is given. */
export function stepOf(...kinds: readonly (keyof EvidenceByKind)[]): z.ZodString {
  return kinds.length === 0
    ? z.string().describe("The `as` of a step.").register(stepFields, { kinds: "any" })
    : stepAmong(kinds);
}

/** A field that names a step of a kind that offers this. */
export function stepOffering(name: keyof Offers): z.ZodString {
  return stepAmong(kindsOffering(name));
}

function stepAmong(kinds: readonly string[]): z.ZodString {
  const names = kinds.map((kind) => `\`${kind}\``).join(", ");
  const one =
    kinds.length === 1 ? `a step of kind ${names}` : `a step of one of the kinds ${names}`;
  return z.string().describe(`The \`as\` of ${one}.`).register(stepFields, { kinds });
}

/** The steps that a check's fields name. */
export function referencesIn(
  schema: z.ZodObject,
  params: Readonly<Record<string, unknown>>,
): StepReference[] {
  return Object.entries(schema.shape).flatMap(([field, type]) => {
    const inner = type instanceof z.ZodOptional ? type.unwrap() : type;
    const found = stepFields.get(inner as z.ZodType);
    const id = params[field];
    if (!found || typeof id !== "string") return [];
    return [{ field, id, ...(found.kinds === "any" ? {} : { kinds: found.kinds }) }];
  });
}

/** The evidence that the step named `id` has left. A check is asked only when there is some. */
export function evidenceFrom(findings: Findings, id: string): Evidence {
  const found = findings.evidence.find((evidence) => evidence.id === id);
  if (!found) throw new Error(`expected evidence from step "${id}"`);
  return found;
}

/** The same, of a step of the given kind. */
export function evidenceOf<Kind extends keyof EvidenceByKind>(
  findings: Findings,
  id: string,
  kind: Kind,
): EvidenceByKind[Kind] {
  const found = evidenceFrom(findings, id);
  if (found.kind !== kind) throw new Error(`expected evidence of kind ${kind} from step "${id}"`);
  return found.data as EvidenceByKind[Kind];
}

/** What the step named `id` offers under this name; undefined where it has none. */
export function offerOf<Name extends keyof Offers>(
  findings: Findings,
  id: string,
  name: Name,
): Offers[Name] | undefined {
  return offeredBy(evidenceFrom(findings, id), name);
}
