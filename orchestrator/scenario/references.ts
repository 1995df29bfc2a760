// SPDX-License-Identifier: MIT
import { entriesOf, type List, listNames, lists, nameOf } from "./entries.ts";
import type { Fails } from "./expectation.ts";
import type { Mistake } from "./explain.ts";
import type { KnownNoise } from "./known-noise.ts";
import { suggestion } from "./nearest.ts";
import type { Needs } from "./needs.ts";
import type { ScenarioCheck, ScenarioRounds, ScenarioStep } from "./read-entries.ts";
import type { Vocabulary } from "./schema.ts";
import { namesOf } from "./topology/graph.ts";
import { strangeNames } from "./topology/graph-names.ts";
import type { Topology } from "./topology/topology.ts";

/** The steps themselves, those of rounds once. */
export function everyStep(steps: readonly (ScenarioStep | ScenarioRounds)[]): ScenarioStep[] {
  return steps.flatMap((step) => ("steps" in step ? step.steps : [step]));
}

/** Checks that name a step which is not there, or is of a kind that they cannot judge. */
export function danglingReferences(
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
      if (kinds === undefined || kinds.includes(step.kind)) return [];
      const message = `expected a step of kind ${kinds.join(" or ")}, "${id}" is of kind ${step.kind}.`;
      return [{ path, key: false, message }];
    });
  });
}

/** Steps about an endpoint function that the scenario does not describe. */
export function missingFunctions(
  {
    function: main,
    functions,
    topology,
  }: {
    function?: unknown;
    functions: Readonly<Record<string, unknown>>;
    topology: Topology;
  },
  steps: readonly (ScenarioStep | ScenarioRounds)[],
  vocabulary: Vocabulary,
): Mistake[] {
  const names = Object.keys(functions);
  const of = (step: ScenarioStep, path: readonly PropertyKey[]) =>
    vocabulary.functions(step.kind, step.params, topology).flatMap((name): Mistake[] => {
      if (name === undefined) {
        if (main !== undefined) return [];
        const message = `this step is about the scenario's "function", which is not there.`;
        return [{ path: [...path, "do"], key: false, message }];
      }
      if (names.includes(name)) return [];
      const known = names.length > 0 ? `one of ${names.join(", ")}` : `a scenario with "functions"`;
      const message = `no function is named "${name}"; expected ${known}.${suggestion(name, names)}`;
      return [{ path: [...path, "function"], key: false, message }];
    });
  return stepsInPlace(steps).flatMap(({ step, path }) => of(step, path));
}

/** What names a machine or a link that the topology does not have. */
export function strangeMachines(
  {
    topology,
    needs,
    fails,
    ...scenario
  }: {
    readonly topology: Topology;
    readonly needs: Needs;
    readonly "known-noise": KnownNoise;
    readonly fails?: Fails | undefined;
  },
  steps: readonly (ScenarioStep | ScenarioRounds)[],
  checks: readonly (ScenarioCheck | undefined)[],
  vocabulary: Vocabulary,
): Mistake[] {
  const known = namesOf(topology);
  const strange = (name: string | undefined, path: PropertyKey[], key = false): Mistake[] => {
    if (name === undefined || known.includes(name)) return [];
    const message = `no machine is named "${name}"; expected one of ${known.join(", ")}.${suggestion(name, known)}`;
    return [{ path, key, message }];
  };
  return [
    ...stepsInPlace(steps).flatMap(({ step, path }) =>
      strangeNames(vocabulary.steps[step.kind], step.params, topology, path, "do"),
    ),
    ...checks.flatMap((check, index) =>
      check
        ? strangeNames(
            vocabulary.checks[check.kind],
            check.params,
            topology,
            ["checks", index],
            "check",
          )
        : [],
    ),
    ...Object.entries(needs).flatMap(([name, list]) =>
      name === "both" || list.length === 0 ? [] : strange(name, ["needs", name], true),
    ),
    ...scenario["known-noise"].flatMap(({ on }, index) =>
      strange(on, ["known-noise", index, "on"]),
    ),
    ...strange(fails?.on, ["fails", "on"]),
  ];
}

/** Steps that run what only some images have, in a scenario that does not ask for it. */
export function missingPrograms(
  { programs }: { readonly programs: readonly string[] },
  steps: readonly (ScenarioStep | ScenarioRounds)[],
  vocabulary: Vocabulary,
): Mistake[] {
  return stepsInPlace(steps).flatMap(({ step, path }) =>
    vocabulary
      .programs(step.kind)
      .filter((program) => !programs.includes(program))
      .map((program) => {
        const message = `this step runs ${program}, which not every image has; expected "programs: [${program}]" in the scenario.`;
        return { path: [...path, "do"], key: false, message };
      }),
  );
}

/** The steps themselves, those of rounds once, each with its place in the scenario. */
export function stepsInPlace(steps: readonly (ScenarioStep | ScenarioRounds)[]) {
  return steps.flatMap((step, index): { step: ScenarioStep; path: PropertyKey[] }[] =>
    "steps" in step
      ? step.steps.map((inner, place) => ({ step: inner, path: ["steps", index, "steps", place] }))
      : [{ step, path: ["steps", index] }],
  );
}

/** Two entries under one name would make it unclear which of them a check or a report means. */
export function repeatedNames(value: unknown): Mistake[] {
  return listNames.flatMap((list: List) => {
    const seen = new Set<unknown>();
    return entriesOf(value, list).flatMap(({ entry, path }) => {
      const name = nameOf(list, entry);
      if (name === undefined) return [];
      if (!seen.has(name)) {
        seen.add(name);
        return [];
      }
      const message = `expected a name of its own, got "${String(name)}" a second time.`;
      return [{ path: [...path, lists[list]], key: false, message }];
    });
  });
}

/** Known noise of steps that are not there. */
export function noiseOfNoStep(
  { "known-noise": noise }: { readonly "known-noise": KnownNoise },
  steps: readonly ScenarioStep[],
): Mistake[] {
  const names = steps.flatMap(({ as }) => as ?? []);
  return noise.flatMap(({ during = [] }, index) =>
    during.flatMap((name, place): Mistake[] => {
      if (names.includes(name)) return [];
      const message = `no step is named "${name}" by its field "as".${suggestion(name, names)}`;
      return [{ path: ["known-noise", index, "during", place], key: false, message }];
    }),
  );
}

/** `expect: fail` that does not say what fails, or names a step or a check which is not there. */
export function unclearExpectation(
  { expect, fails }: { expect: "pass" | "fail"; fails?: Fails | undefined },
  steps: readonly ScenarioStep[],
  checks: readonly ScenarioCheck[],
): Mistake[] {
  const at = (path: string[], message: string): Mistake[] => [{ path, key: false, message }];
  if (expect === "pass") {
    return fails ? at(["fails"], "only a scenario with `expect: fail` says what fails.") : [];
  }
  if (!fails || [fails.check, fails.step, fails.console].every((what) => what === undefined)) {
    return at(["fails"], "`expect: fail` needs what fails: a check, a step or a console's text.");
  }
  const names = steps.flatMap(({ as }) => as ?? []);
  const ids = checks.map(({ id }) => id);
  return [
    ...(fails.says !== undefined || !needsReason(fails)
      ? []
      : at(
          ["fails"],
          "any other failure of it would be taken for the bug: say by which words of its reason the bug is known, `says: PATTERN`.",
        )),
    ...(fails.step === undefined || names.includes(fails.step)
      ? []
      : at(
          ["fails", "step"],
          `no step is named "${fails.step}" by its field "as".${suggestion(fails.step, names)}`,
        )),
    // A test program's results are checks, too, and their names have dots.
    ...(fails.check === undefined || ids.includes(fails.check) || fails.check.includes(".")
      ? []
      : at(
          ["fails", "check"],
          `no check is named "${fails.check}" by its field "id".${suggestion(fails.check, ids)}`,
        )),
  ];
}

/** A check fails for whatever reason, and so does a step; of a step that a kernel's complaint ends, the complaint is the reason. */
function needsReason({ check, step, console }: Fails): boolean {
  return check !== undefined || (step !== undefined && console === undefined);
}
