// SPDX-License-Identifier: MIT
import { dirname } from "node:path";
import { UsageError } from "../errors.ts";
import type { GuestArchitecture } from "../guest-architectures.ts";
import type { Expectation } from "./expectation.ts";
import type { EndpointFunction } from "./function.ts";
import type { KnownNoise } from "./known-noise.ts";
import type { Scenario, ScenarioCheck, ScenarioRounds, ScenarioStep } from "./load.ts";
import { suggestion } from "./nearest.ts";
import type { Needs } from "./needs.ts";
import type { Topology } from "./topology/topology.ts";
import type { Transport } from "./transport.ts";

/** A step of a plan. */
export interface PlannedStep extends ScenarioStep {
  /** Unique in the plan. */
  readonly id: string;
  /** Names the step's evidence for checks; the same in every round. */
  readonly name: string;
  /** Which round it is of, counted from 1, and of how many. */
  readonly round?: { readonly number: number; readonly of: number };
}

/** What the machines of one run are, do, and are judged by. */
export interface VariantPlan {
  /** Empty for the only variant of a scenario without a matrix. */
  readonly variant: string;
  readonly title: string;
  /** Where the scenario's file is: paths in steps are from there. */
  readonly directory: string;
  readonly topology: Topology;
  /** What `configure-function` makes where it names no other; absent where no step is about it. */
  readonly function: EndpointFunction | undefined;
  /** Others, by name. */
  readonly functions: Readonly<Record<string, EndpointFunction>>;
  readonly needs: Needs;
  readonly transport: Transport;
  readonly knownNoise: KnownNoise;
  /** What a scenario of a known bug says of its own failure. */
  readonly expectation: Expectation | undefined;
  readonly steps: readonly PlannedStep[];
  readonly checks: readonly ScenarioCheck[];
}

/** What a run does, in full: plain, immutable data that nothing later adds to. */
export interface Plan {
  readonly scenario: string;
  readonly title: string;
  readonly file: string;
  /** The scenario's file and those that it includes. */
  readonly files: readonly string[];
  /** Time limit of each variant. */
  readonly timeoutMs: number;
  /** Of the project's, for the kernels of all variants. */
  readonly configFragments: readonly string[];
  /** Of the project's, on the source of those kernels, in this order. */
  readonly patches: readonly string[];
  /** Those that not every image has. */
  readonly programs: readonly string[];
  /** What the host's kernel is for, in all variants; the endpoint's is for 64-bit Arm. */
  readonly hostArchitecture: GuestArchitecture;
  /** One at least, run one after the other. */
  readonly variants: readonly VariantPlan[];
  /** Those of the scenario's that whoever asked for the run did not want: what only all of them show, this run does not. */
  readonly leftOut?: readonly string[];
}

/**
 * The plan of these variants alone.
 *
 * @throws UsageError for a name that is none of them.
 */
export function withVariants(plan: Plan, wanted: readonly string[]): Plan {
  const names = plan.variants.map(({ variant }) => variant);
  for (const name of wanted) {
    if (names.includes(name) && name !== "") continue;
    const known = names.filter((one) => one !== "");
    throw new UsageError(
      `${plan.scenario} has no variant "${name}"; its variants: ${known.join(", ") || "none"}.${suggestion(name, known)}`,
    );
  }
  const isWanted = (name: string) => wanted.includes(name);
  const leftOut = names.filter((name) => !isWanted(name));
  return {
    ...plan,
    variants: plan.variants.filter(({ variant }) => isWanted(variant)),
    ...(leftOut.length === 0 ? {} : { leftOut }),
  };
}

/** One of the plan's functions. That it is there was seen when the scenario was read. */
export function functionOf(
  { function: main, functions }: Pick<VariantPlan, "function" | "functions">,
  name?: string,
): EndpointFunction {
  const found = name === undefined ? main : functions[name];
  if (!found) throw new Error(`the scenario has no function "${name ?? "function"}"`);
  return found;
}

/** Expands a valid scenario into the plan of one run. */
export function makePlan(scenario: Scenario): Plan {
  return freeze({
    scenario: scenario.name,
    title: scenario.title,
    file: scenario.file,
    files: scenario.files,
    timeoutMs: scenario.timeout,
    configFragments: scenario.configFragments,
    patches: scenario.patches,
    programs: scenario.programs,
    hostArchitecture: scenario.hostArchitecture,
    variants: scenario.variants.map(({ name, steps, ...rest }) => ({
      ...rest,
      variant: name,
      directory: dirname(scenario.file),
      steps: inOrder(steps),
    })),
  });
}

/** `id` with the variant that it is of before it, as results and reports name steps, checks and metrics. */
export function inVariant(variant: string, id: string): string {
  return variant === "" ? id : `${variant}.${id}`;
}

/** The id of a step in one of several rounds. */
export function inRound(id: string, round: number): string {
  return `${id}@${round}`;
}

/** The round of which a step with such an id is; undefined where it is of none. */
export function roundOf(id: string): number | undefined {
  const round = /@(\d+)$/.exec(id)?.[1];
  return round === undefined ? undefined : Number(round);
}

/** The name that the scenario gives a step, of its id in one of several rounds. */
export function withoutRound(id: string): string {
  return id.replace(/@\d+$/, "");
}

/** One step after the other, those of rounds once for each round. */
function inOrder(steps: readonly (ScenarioStep | ScenarioRounds)[]): PlannedStep[] {
  const unrolled = steps.flatMap((step) => ("steps" in step ? step.steps : [step]));
  const named = new Set(unrolled.map((step) => step.as));
  const used = new Map<string, number>();
  const names = new Map(unrolled.map((step) => [step, step.as ?? unnamed(step.kind)]));
  return steps.flatMap((step) => ("steps" in step ? inRounds(step) : [planned(step)]));

  function inRounds({ times, steps }: ScenarioRounds): PlannedStep[] {
    return Array.from({ length: times }, (_, index) => index + 1).flatMap((number) =>
      steps.map((step) => {
        const { id, ...rest } = planned(step);
        return { ...rest, id: inRound(id, number), round: { number, of: times } };
      }),
    );
  }

  function planned(step: ScenarioStep): PlannedStep {
    const name = names.get(step) ?? step.kind;
    return { ...step, id: name, name };
  }

  function unnamed(kind: string): string {
    for (;;) {
      const times = (used.get(kind) ?? 0) + 1;
      used.set(kind, times);
      const id = times === 1 ? kind : `${kind}-${times}`;
      if (!named.has(id)) return id;
    }
  }
}

function freeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
