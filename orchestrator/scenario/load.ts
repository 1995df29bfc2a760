// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { type Document, LineCounter, parseDocument } from "yaml";
import * as z from "zod";
import { type Diagnostic, formatDiagnostic, ScenarioError } from "./diagnostics.ts";
import { explain, type Mistake } from "./explain.ts";
import { expandMatrix, type RawVariant } from "./matrix.ts";
import { suggestion } from "./nearest.ts";
import { pathText, positionOf } from "./positions.ts";
import {
  commonCheckFields,
  commonStepFields,
  type EndpointFunction,
  matrixSchema,
  scenarioFields,
  type Topology,
  type Vocabulary,
} from "./schema.ts";

const shell = z.strictObject({
  ...scenarioFields,
  matrix: matrixSchema.optional(),
  steps: z.array(z.unknown()).min(1),
  checks: z.array(z.unknown()).min(1),
});

/** What must be right before the variants are looked at one by one. */
const header = z.strictObject({
  ...shell.shape,
  topology: z.unknown().optional(),
  function: z.unknown().optional(),
  steps: z.unknown().optional(),
  checks: z.unknown().optional(),
});

/** One step or check of a scenario: its kind, the common fields, and what its kind's schema made of the rest. */
export interface ScenarioStep {
  readonly kind: string;
  readonly as: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface ScenarioCheck {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What one pair of VMs is, does, and is judged by. */
export interface ScenarioVariant {
  /** Empty for the only variant of a scenario without a matrix. */
  readonly name: string;
  readonly title: string;
  readonly topology: Topology;
  readonly function: EndpointFunction;
  readonly steps: readonly ScenarioStep[];
  readonly checks: readonly ScenarioCheck[];
}

/** A scenario file that has been found valid, defaults filled in, its matrix expanded. */
export interface Scenario {
  readonly file: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly timeout: number;
  readonly variants: readonly ScenarioVariant[];
}

/** Reads and validates a scenario file. Throws ScenarioError for what is wrong in it. */
export function loadScenario(file: string, vocabulary: Vocabulary): Scenario {
  return parseScenario(readFileSync(file, "utf8"), file, vocabulary);
}

/** Validates a scenario's text; `file` is for messages only. */
export function parseScenario(text: string, file: string, vocabulary: Vocabulary): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors.map((error): Diagnostic => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { file, line, column: col, where: "", message: `not valid YAML: ${error.message}` };
  });
  if (syntax.length > 0) throw new ScenarioError(syntax);

  const value: unknown = document.toJS() ?? {};
  const mistakes: Mistake[] = [];
  const outer = validate(header, value, [], mistakes);
  mistakes.push(
    ...repeated(listAt(value, "steps"), "steps", "as"),
    ...repeated(listAt(value, "checks"), "checks", "id"),
  );
  const raw = expandMatrix(value, mistakes);
  const variants = raw.map((variant) => readVariant(variant, vocabulary, mistakes)).filter(present);
  if (mistakes.length > 0 || !outer) {
    throw new ScenarioError(diagnosticsOf(mistakes, file, document, lines));
  }
  const { name, title, description, timeout } = outer;
  return { file, name, title, description, timeout, variants };
}

/** A mistake of the scenario itself comes up once for each variant; it is told once. */
function diagnosticsOf(
  mistakes: readonly Mistake[],
  file: string,
  document: Document,
  lines: LineCounter,
): Diagnostic[] {
  const diagnostics = mistakes.map((mistake) => locate(mistake, file, document, lines));
  const distinct = new Map(diagnostics.map((found) => [formatDiagnostic(found), found]));
  return [...distinct.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

function readVariant(
  { name, title, value, origin }: RawVariant,
  vocabulary: Vocabulary,
  mistakes: Mistake[],
): ScenarioVariant | undefined {
  const found: Mistake[] = [];
  const outer = validate(shell, value, [], found);
  const rawSteps = listAt(value, "steps");
  const rawChecks = listAt(value, "checks");
  const steps = rawSteps.map((raw, index) => readStep(raw, index, vocabulary, found));
  const checks = rawChecks.map((raw, index) => readCheck(raw, index, vocabulary, found));
  found.push(...danglingReferences(steps.filter(present), checks, vocabulary));
  mistakes.push(...found.map((mistake) => ({ ...mistake, path: origin(mistake.path) })));
  if (!outer) return undefined;
  return {
    name,
    title: title ?? outer.title,
    topology: outer.topology,
    function: outer.function,
    steps: steps.filter(present),
    checks: checks.filter(present),
  };
}

function readStep(raw: unknown, index: number, vocabulary: Vocabulary, mistakes: Mistake[]) {
  const parsed = readKind(
    raw,
    ["steps", index],
    "do",
    vocabulary.steps,
    commonStepFields,
    mistakes,
  );
  if (!parsed) return undefined;
  const { do: kind, as, timeout: timeoutMs, variants: _, ...params } = parsed;
  return { kind, as, timeoutMs, params } as ScenarioStep;
}

function readCheck(raw: unknown, index: number, vocabulary: Vocabulary, mistakes: Mistake[]) {
  const kinds = vocabulary.checks;
  const parsed = readKind(raw, ["checks", index], "check", kinds, commonCheckFields, mistakes);
  if (!parsed) return undefined;
  const { check: kind, id, title, variants: _, ...params } = parsed;
  return { kind, id, title, params } as ScenarioCheck;
}

/** Validates an entry of a list by the schema of the kind that its `tag` field names. */
function readKind(
  raw: unknown,
  path: readonly PropertyKey[],
  tag: string,
  kinds: Readonly<Record<string, z.ZodObject>>,
  common: z.ZodRawShape,
  mistakes: Mistake[],
): Record<string, unknown> | undefined {
  const kind = typeof raw === "object" && raw !== null ? Reflect.get(raw, tag) : undefined;
  const schema = typeof kind === "string" ? kinds[kind] : undefined;
  if (!schema) {
    const known = Object.keys(kinds);
    const got = kind === undefined ? `missing "${tag}:"` : `unknown kind ${JSON.stringify(kind)}`;
    const near = typeof kind === "string" ? suggestion(kind, known) : "";
    const message = `${got}; expected one of ${known.join(", ")}.${near}`;
    mistakes.push({ path: kind === undefined ? path : [...path, tag], key: false, message });
    return undefined;
  }
  const whole = z.strictObject({ [tag]: z.literal(kind), ...common, ...schema.shape });
  return validate(whole, raw, path, mistakes);
}

function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  prefix: readonly PropertyKey[],
  mistakes: Mistake[],
): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    for (const mistake of explain(schema, value, issue)) {
      mistakes.push({ ...mistake, path: [...prefix, ...mistake.path] });
    }
  }
  return undefined;
}

function listAt(value: unknown, field: string): unknown[] {
  const list = typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined;
  return Array.isArray(list) ? list : [];
}

/** Two entries under one name would make it unclear which of them a check or a report means. */
function repeated(entries: readonly unknown[], list: string, field: string): Mistake[] {
  const seen = new Set<unknown>();
  return entries.flatMap((entry, index) => {
    const name =
      typeof entry === "object" && entry !== null ? Reflect.get(entry, field) : undefined;
    if (name === undefined) return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const message = `expected a name of its own, got "${name}" a second time.`;
    return [{ path: [list, index, field], key: false, message }];
  });
}

/** Checks that name a step which is not there, or is of a kind that they cannot judge. */
function danglingReferences(
  steps: readonly ScenarioStep[],
  checks: readonly (ScenarioCheck | undefined)[],
  vocabulary: Vocabulary,
): Mistake[] {
  const names = steps.flatMap((step) => step.as ?? []);
  return checks.flatMap((check, index) => {
    const references = check ? vocabulary.references(check.kind, check.params) : [];
    return references.flatMap(({ field, id, kinds }): Mistake[] => {
      const path = ["checks", index, field];
      const step = steps.find((candidate) => candidate.as === id);
      if (!step) {
        const message = `no step is named "${id}" by its field "as".${suggestion(id, names)}`;
        return [{ path, key: false, message }];
      }
      if (kinds.includes(step.kind)) return [];
      const message = `expected a step of kind ${kinds.join(" or ")}, "${id}" is of kind ${step.kind}.`;
      return [{ path, key: false, message }];
    });
  });
}

function locate(
  mistake: Mistake,
  file: string,
  document: Document,
  lines: LineCounter,
): Diagnostic {
  const { line, column } = positionOf(document, lines, mistake.path, mistake.key);
  const where = pathText(mistake.key ? mistake.path.slice(0, -1) : mistake.path);
  return { file, line, column, where, message: mistake.message };
}

function present<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
