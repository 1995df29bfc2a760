// SPDX-License-Identifier: MIT
//
// How many runs a machine bears at a time, and which of them want it for themselves.

import { UsageError } from "../../errors.ts";
import type { Plan, VariantPlan } from "../../scenario/plan.ts";
import { gibibytes } from "../../scenario/size.ts";
import { stepKinds } from "../../steps/registry.ts";
import { memoryOf, type Room } from "../room.ts";

/** Two of a run's VMs, of however many, keep one busy each. */
const processorsOfRun = 2;

/** So many of these at a time fit into the memory, whichever they are. */
function fitting(plans: readonly Plan[], memory: number): number {
  const largestFirst = plans.map(memoryOf).sort((a, b) => b - a);
  let taken = 0;
  const tooMany = largestFirst.findIndex((needed) => {
    taken += needed;
    return taken > memory;
  });
  return tooMany < 0 ? plans.length : tooMany;
}

/**
 * How many runs are made at a time: as many as a person asks for, or else as processors and memory allow.
 *
 * @throws UsageError where what a person asks for does not fit into the memory, of which each VM takes its own at once.
 */
export function jobsFor(plans: readonly Plan[], asked: number | undefined, room: Room): number {
  const most = Math.max(1, fitting(plans, room.memory));
  if (asked === undefined) {
    return Math.max(1, Math.min(most, Math.floor(room.processors / processorsOfRun)));
  }
  const wanted = Math.min(asked, plans.length);
  if (wanted <= most) return asked;
  const largest = Math.max(...plans.map(memoryOf));
  throw new UsageError(
    `--jobs ${asked} does not fit into the memory: a run takes up to ${gibibytes(largest)}, and ${gibibytes(room.memory)} are available: expected ${most} at most`,
  );
}

/** Checks that judge what was measured. */
const judgesOfMetrics = new Set(["metric", "ratio", "spread"]);
/** What a machine that is busy with other things changes: times, rates, and how often guests look for each other meanwhile. */
const depends = /^m?s$|\/s$|^instructions/;

/**
 * Whether a scenario is about how fast something is: it has the machine for itself, for beside others its figures would say
 * nothing, and its checks would judge the others as well. A floor that only shows that data flows, as `throughput` has, is
 * no such figure.
 */
export function judgesSpeed({ variants }: Plan): boolean {
  return variants.some((variant) =>
    variant.checks.some(
      ({ kind, params }) =>
        judgesOfMetrics.has(kind) &&
        metricsNamed(params).some((name) => depends.test(unitOf(name, variant) ?? "")),
    ),
  );
}

function metricsNamed(params: object): string[] {
  const { metric, over } = params as { metric?: unknown; over?: unknown };
  return [metric, over].filter((name) => typeof name === "string");
}

/** The unit of a metric, as the kind of step declares it that measures it; undefined for a counter of the controller. */
function unitOf(name: string, { steps }: VariantPlan): string | undefined {
  const measures = steps.flatMap((step) => stepKinds.get(step.kind)?.measures ?? []);
  const matching = measures.find((measure) => {
    const words = measure.name.split(/<\w+>/).map((text) => text.replaceAll(".", "\\."));
    return new RegExp(`(?:^|\\.)${words.join("[^.]+")}$`).test(name);
  });
  return matching?.unit;
}
