// SPDX-License-Identifier: MIT
import type { Scenario, ScenarioCheck, ScenarioStep } from "./load.ts";
import type { EndpointFunction, Topology } from "./schema.ts";

/** A step of a plan. `id` is unique in the plan and names the step's evidence. */
export interface PlannedStep extends ScenarioStep {
  readonly id: string;
}

/** What a run does, in full: plain, immutable data that nothing later adds to. */
export interface Plan {
  readonly scenario: string;
  readonly title: string;
  readonly file: string;
  readonly timeoutMs: number;
  readonly topology: Topology;
  readonly function: EndpointFunction;
  readonly steps: readonly PlannedStep[];
  readonly checks: readonly ScenarioCheck[];
}

/** Expands a valid scenario into the plan of one run. */
export function makePlan(scenario: Scenario): Plan {
  const named = new Set(scenario.steps.map((step) => step.as));
  const used = new Map<string, number>();
  const steps = scenario.steps.map((step) => ({ ...step, id: step.as ?? unnamed(step.kind) }));
  return freeze({
    scenario: scenario.name,
    title: scenario.title,
    file: scenario.file,
    timeoutMs: scenario.timeout,
    topology: scenario.topology,
    function: scenario.function,
    steps,
    checks: scenario.checks,
  });

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
