// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import * as z from "zod";
import type { GuestArchitecture } from "../guest-architectures.ts";
import { type Diagnostic, formatDiagnostic, ScenarioError } from "./diagnostics.ts";
import { readDocument } from "./document.ts";
import type { Expectation } from "./expectation.ts";
import type { Mistake } from "./explain.ts";
import type { EndpointFunction } from "./function.ts";
import { impossibleFunctions } from "./impossible-functions.ts";
import { type IncludeOptions, includeParts } from "./include.ts";
import type { KnownNoise } from "./known-noise.ts";
import { expandMatrix, type RawVariant, variantFields } from "./matrix.ts";
import type { Needs } from "./needs.ts";
import { override } from "./overrides.ts";
import { pathText } from "./positions.ts";
import { type Fields, isGroup, Provenance } from "./provenance.ts";
import {
  present,
  readChecks,
  readSteps,
  type ScenarioCheck,
  type ScenarioRounds,
  type ScenarioStep,
} from "./read-entries.ts";
import {
  danglingReferences,
  everyStep,
  missingFunctions,
  missingPrograms,
  noiseOfNoStep,
  repeatedNames,
  strangeMachines,
  unclearExpectation,
} from "./references.ts";
import { matrixSchema, scenarioFields, type Vocabulary } from "./schema.ts";
import { readSettings } from "./set.ts";
import { impossibleIommu } from "./topology/endpoint-iommu.ts";
import { differentHosts, hostArchitecture, impossibleHost } from "./topology/host-machine.ts";
import { impossibleGraph } from "./topology/impossible-graph.ts";
import { impossibleTime } from "./topology/impossible-time.ts";
import { tooManyChannels } from "./topology/too-many-channels.ts";
import { tooManyFunctions } from "./topology/too-many-functions.ts";
import type { Topology } from "./topology/topology.ts";
import type { Transport } from "./transport.ts";
import { validate } from "./validate.ts";

export type { ScenarioCheck, ScenarioRounds, ScenarioStep } from "./read-entries.ts";

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
  functions: z.unknown().optional(),
  needs: z.unknown().optional(),
  transport: z.unknown().optional(),
  "known-noise": z.unknown().optional(),
  expect: z.unknown().optional(),
  fails: z.unknown().optional(),
  report: z.unknown().optional(),
  steps: z.unknown().optional(),
  checks: z.unknown().optional(),
});

/** What the machines of one run are, do, and are judged by. */
export interface ScenarioVariant {
  /** Empty for the only variant of a scenario without a matrix. */
  readonly name: string;
  readonly title: string;
  readonly topology: Topology;
  readonly function: EndpointFunction | undefined;
  readonly functions: Readonly<Record<string, EndpointFunction>>;
  readonly needs: Needs;
  readonly transport: Transport;
  readonly knownNoise: KnownNoise;
  readonly expectation: Expectation | undefined;
  readonly steps: readonly (ScenarioStep | ScenarioRounds)[];
  readonly checks: readonly ScenarioCheck[];
}

/** A scenario file that has been found valid, defaults filled in, its matrix expanded. */
export interface Scenario {
  readonly file: string;
  /** It and what it includes. */
  readonly files: readonly string[];
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly timeout: number;
  readonly configFragments: readonly string[];
  readonly patches: readonly string[];
  readonly programs: readonly string[];
  /** The same in all variants, for kernels and images are made for the scenario as a whole. */
  readonly hostArchitecture: GuestArchitecture;
  readonly variants: readonly ScenarioVariant[];
}

export interface LoadOptions extends IncludeOptions {
  /** `KEY=VALUE` of --set, laid over the scenario and over each of its variants. */
  readonly set?: readonly string[];
}

/** Reads and validates a scenario file. Throws ScenarioError for what is wrong in it. */
export function loadScenario(
  file: string,
  vocabulary: Vocabulary,
  options: LoadOptions = {},
): Scenario {
  const { read = (path) => readFileSync(path, "utf8") } = options;
  return parseScenario(read(file), file, vocabulary, options);
}

/** Validates a scenario's text; `file` is for messages, and where included files are looked for. */
export function parseScenario(
  text: string,
  file: string,
  vocabulary: Vocabulary,
  options: LoadOptions = {},
): Scenario {
  const document = readDocument(text, file);
  const provenance = new Provenance(document.source);
  const composed = includeParts(document, provenance, options);
  const settings = readSettings(options.set ?? [], composed.value, provenance);
  const value = isGroup(composed.value)
    ? override(composed.value, settings, provenance)
    : composed.value;

  const mistakes: Mistake[] = [];
  const outer = validate(header, value, [], mistakes);
  mistakes.push(...repeatedNames(value));
  const raw = expandMatrix(value, provenance, mistakes).map((variant) =>
    isGroup(variant.value) ? withSettings({ ...variant, value: variant.value }) : variant,
  );
  const diagnostics = mistakes.map((mistake) => locate(mistake, value, provenance));
  const variants = raw.map((variant) => {
    const found: Mistake[] = [];
    const read = readVariant(variant, vocabulary, found);
    diagnostics.push(...found.map((mistake) => locate(mistake, variant.value, provenance)));
    return read;
  });
  diagnostics.push(
    ...differentHosts(variants.filter(present)).map(({ name, mistake }) =>
      locate(mistake, raw.find((variant) => variant.name === name)?.value, provenance),
    ),
  );
  if (diagnostics.length > 0 || !outer) throw new ScenarioError(inOrder(diagnostics));
  const {
    name,
    title,
    description,
    timeout,
    "config-fragments": configFragments,
    patches,
    programs,
  } = outer;
  const { files } = composed;
  const [first] = variants.filter(present);
  if (first === undefined) throw new Error("a scenario without mistakes has a variant");
  return {
    ...{ file, files, name, title, description, timeout, configFragments, patches, programs },
    hostArchitecture: hostArchitecture(first.topology),
    variants: variants.filter(present),
  };

  /** A flag goes over what the variant says, too. */
  function withSettings(variant: RawVariant & { value: Fields }): RawVariant {
    const over = provenance.pick(settings, variantFields);
    return { ...variant, value: override(variant.value, over, provenance) };
  }
}

/** A mistake of the scenario itself comes up once for each variant; it is told once. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const distinct = new Map(diagnostics.map((found) => [formatDiagnostic(found), found]));
  return [...distinct.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

function readVariant(
  { name, title, value }: RawVariant,
  vocabulary: Vocabulary,
  mistakes: Mistake[],
): ScenarioVariant | undefined {
  const outer = validate(shell, value, [], mistakes);
  const steps = readSteps(value, [], vocabulary, mistakes);
  const checks = readChecks(value, vocabulary, mistakes);
  mistakes.push(...danglingReferences(everyStep(steps), checks, vocabulary));
  if (!outer) return undefined;
  mistakes.push(...impossibleGraph(outer));
  mistakes.push(...strangeMachines(outer, steps, checks, vocabulary));
  mistakes.push(...impossibleTime(outer));
  mistakes.push(...impossibleHost(outer));
  mistakes.push(...impossibleIommu(outer));
  mistakes.push(...tooManyChannels(outer));
  mistakes.push(...tooManyFunctions(outer));
  mistakes.push(...missingFunctions(outer, steps, vocabulary));
  mistakes.push(...impossibleFunctions(outer, steps, vocabulary));
  mistakes.push(...missingPrograms(outer, steps, vocabulary));
  mistakes.push(...noiseOfNoStep(outer, everyStep(steps)));
  mistakes.push(...unclearExpectation(outer, everyStep(steps), checks.filter(present)));
  return {
    name,
    title: title ?? outer.title,
    topology: outer.topology,
    function: outer.function,
    functions: outer.functions,
    needs: outer.needs,
    transport: outer.transport,
    knownNoise: outer["known-noise"],
    expectation:
      outer.expect === "fail" && outer.fails
        ? { fails: outer.fails, report: outer.report }
        : undefined,
    steps,
    checks: checks.filter(present),
  };
}

/** Where a mistake in `value` stands, and what it is. */
function locate(mistake: Mistake, value: unknown, provenance: Provenance): Diagnostic {
  const { path, source } = provenance.locate(value, mistake.path);
  const { line, column } = source.position?.(path, mistake.key) ?? { line: 0, column: 0 };
  const where = pathText(mistake.key ? path.slice(0, -1) : path);
  return { file: source.file, line, column, where, message: mistake.message };
}
