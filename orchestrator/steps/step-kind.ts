// SPDX-License-Identifier: MIT
import type * as z from "zod";
import type { RunningLab } from "../lab/lab.ts";
import type { ExecOptions } from "../lab/ssh.ts";
import type { KernelModule } from "../scenario/kernel-module.ts";
import type { PlannedStep, VariantPlan } from "../scenario/plan.ts";
import type { FunctionMove } from "../scenario/schema.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import type { StepFailure } from "./failure.ts";
import { type Measure, type Measurement, measurements } from "./measure.ts";
import type { Offers, OffersOf } from "./offers.ts";

/** A shell command for one of the guests. */
export interface GuestCommand {
  readonly on: MachineName;
  /** What it does, in words, for messages. */
  readonly what: string;
  readonly script: string;
}

/** What a step has to work with. */
export interface StepContext {
  readonly lab: RunningLab;
  readonly plan: VariantPlan;
  /** The step's name in the scenario, for what is known of it alone. */
  readonly step?: string;
  /** The step's time limit in milliseconds, scaled. */
  readonly limitMs: number;
  /** Says in a few words what the step is at, for the live display. */
  readonly progress: (text: string) => void;
}

export type StepNeeds = Readonly<Record<MachineName, readonly string[]>>;

/**
 * A kind of step: the schema of its fields in a scenario, what it does, and the evidence it returns.
 * `commands` lists what it will run in the guests as far as that is known beforehand.
 */
export interface StepDefinition<Kind extends string, Schema extends z.ZodObject, Data> {
  readonly kind: Kind;
  readonly summary: string;
  readonly schema: Schema;
  readonly limitMs: (params: z.output<Schema>) => number;
  readonly title: (params: z.output<Schema>) => string;
  /** What the machines' kernels must have for it, as a scenario's `needs` names that. */
  readonly needs?: (params: z.output<Schema>, plan: VariantPlan) => StepNeeds;
  /** The scenario's functions that it is about: names of its `functions`, undefined for `function`. */
  readonly functions?: (
    params: z.output<Schema>,
    topology: Topology,
  ) => readonly (string | undefined)[];
  /** Where it puts functions; a link that is not there is told elsewhere. */
  readonly moves?: (params: z.output<Schema>, topology: Topology) => readonly FunctionMove[];
  /** What it runs that not every image has: the scenario's `programs` have to name it. */
  readonly programs?: readonly string[];
  /** Files that it takes from beside the scenario's. */
  readonly files?: (params: z.output<Schema>) => readonly string[];
  /** The modules that it loads, in whichever guest. */
  readonly loads?: (params: z.output<Schema>, plan: VariantPlan) => readonly KernelModule[];
  readonly commands: (params: z.output<Schema>, plan: VariantPlan) => readonly GuestCommand[];
  readonly run: (params: z.output<Schema>, context: StepContext) => Promise<Data>;
  /** What went wrong by its evidence, and is for a check to judge; the step has failed if none does. */
  readonly failure?: (data: Data, params: z.output<Schema>) => StepFailure | undefined;
  /** The metrics that its evidence holds. */
  readonly measures?: readonly Measure<Data>[];
  /** What checks of any step can take from its evidence. */
  readonly offers?: OffersOf<Data>;
}

/** A step kind as the registry holds it: the fields of any step go in, and are those its schema let pass. */
export type StepKind<Kind extends string = string, Data = unknown> = {
  readonly kind: Kind;
  readonly summary: string;
  readonly schema: z.ZodObject;
  readonly limitMs: (step: PlannedStep) => number;
  readonly title: (step: PlannedStep) => string;
  readonly needs: (step: PlannedStep, plan: VariantPlan) => StepNeeds;
  readonly functions: (
    params: Readonly<Record<string, unknown>>,
    topology: Topology,
  ) => readonly (string | undefined)[];
  readonly moves: (
    params: Readonly<Record<string, unknown>>,
    topology: Topology,
  ) => readonly FunctionMove[];
  readonly programs: readonly string[];
  readonly files: (params: Readonly<Record<string, unknown>>) => readonly string[];
  readonly loads: (step: PlannedStep, plan: VariantPlan) => readonly KernelModule[];
  readonly commands: (step: PlannedStep, plan: VariantPlan) => readonly GuestCommand[];
  readonly run: (step: PlannedStep, context: StepContext) => Promise<Data>;
  readonly failure: (step: PlannedStep, data: unknown) => StepFailure | undefined;
  /** The metrics that there may be, for the documentation. */
  readonly measures: readonly Pick<Measure<unknown>, "name" | "unit" | "clock" | "about">[];
  /** Those that are in the evidence which `run` has returned. */
  readonly measured: (data: unknown) => readonly Measurement[];
  /** The same for what checks of any step take; the kind offers those whose names are here. */
  readonly offers: {
    readonly [Name in keyof Offers]?: (data: unknown) => Offers[Name] | undefined;
  };
};

/** Makes a step kind fit for the registry. */
export function defineStep<Kind extends string, Schema extends z.ZodObject, Data>(
  definition: StepDefinition<Kind, Schema, Data>,
): StepKind<Kind, Data> {
  // The scenario layer let the fields pass by this very schema: the one place that relies on it.
  const fields = (step: PlannedStep) => step.params as z.output<Schema>;
  const { measures = [], offers = {} } = definition;
  return {
    kind: definition.kind,
    summary: definition.summary,
    schema: definition.schema,
    limitMs: (step) => step.timeoutMs ?? definition.limitMs(fields(step)),
    title: (step) => definition.title(fields(step)),
    needs: (step, plan) => definition.needs?.(fields(step), plan) ?? {},
    functions: (params, topology) =>
      definition.functions?.(params as z.output<Schema>, topology) ?? [],
    moves: (params, topology) => definition.moves?.(params as z.output<Schema>, topology) ?? [],
    programs: definition.programs ?? [],
    files: (params) => definition.files?.(params as z.output<Schema>) ?? [],
    loads: (step, plan) => definition.loads?.(fields(step), plan) ?? [],
    commands: (step, plan) => definition.commands(fields(step), plan),
    run: (step, context) => definition.run(fields(step), context),
    measures,
    // Evidence is of the kind that it names: it is read by what wrote it.
    failure: (step, data) => definition.failure?.(data as Data, fields(step)),
    measured: (data) => measurements(measures, data as Data),
    offers: offers as OffersOf<unknown>,
  };
}

/** Runs one guest command to its good end and returns what it printed. */
export async function inGuest(context: StepContext, command: GuestCommand): Promise<string> {
  const { stdout } = await context.lab
    .vm(command.on)
    .ssh.check(command.script, execOptions(context, command.what));
  return stdout;
}

/** Runs commands for several guests beside each other; the outputs are in the order of the commands. */
export function inGuests(
  context: StepContext,
  commands: readonly GuestCommand[],
): Promise<string[]> {
  return Promise.all(commands.map((command) => inGuest(context, command)));
}

export function execOptions(context: StepContext, what: string): ExecOptions {
  return { ms: context.limitMs, what, signal: context.lab.signal };
}
