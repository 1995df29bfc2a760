// SPDX-License-Identifier: MIT
import type { Scenario, ScenarioCheck, ScenarioStep } from "./load.ts";
import type { EndpointFunction, Topology } from "./schema.ts";

/** A step of a plan. `id` is unique in the plan and names the step's evidence. */
export interface PlannedStep extends ScenarioStep {
  readonly id: string;
}

/** What one pair of VMs is, does, and is judged by. */
export interface VariantPlan {
  /** Empty for the only variant of a scenario without a matrix. */
  readonly variant: string;
  readonly title: string;
  readonly topology: Topology;
  readonly function: EndpointFunction;
  readonly steps: readonly PlannedStep[];
  readonly checks: readonly ScenarioCheck[];
}

/** What a run does, in full: plain, immutable data that nothing later adds to. */
export interface Plan {
  readonly scenario: string;
  readonly title: string;
  readonly file: string;
  /** Time limit of each variant. */
  readonly timeoutMs: number;
  /** One at least, run one after the other. */
  readonly variants: readonly VariantPlan[];
}

/** Expands a valid scenario into the plan of one run. */
export function makePlan(scenario: Scenario): Plan {
  return freeze({
    scenario: scenario.name,
    title: scenario.title,
    file: scenario.file,
    timeoutMs: scenario.timeout,
    variants: scenario.variants.map(({ name, steps, ...rest }) => ({
      ...rest,
      variant: name,
      steps: withIds(steps),
    })),
  });
}

/** `id` with the variant that it is of before it, as results and reports name steps, checks and metrics. */
export function inVariant(variant: string, id: string): string {
  return variant === "" ? id : `${variant}.${id}`;
}

function withIds(steps: readonly ScenarioStep[]): PlannedStep[] {
  const named = new Set(steps.map((step) => step.as));
  const used = new Map<string, number>();
  return steps.map((step) => ({ ...step, id: step.as ?? unnamed(step.kind) }));

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
