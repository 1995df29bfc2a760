// SPDX-License-Identifier: MIT
import type { Mistake } from "./explain.ts";
import type { EndpointFunction } from "./function.ts";
import type { ScenarioRounds, ScenarioStep } from "./read-entries.ts";
import { stepsInPlace } from "./references.ts";
import type { FunctionMove, Vocabulary } from "./schema.ts";
import { type MachineName, machineOf, namesOf } from "./topology/graph.ts";
import type { Topology } from "./topology/topology.ts";

/** Upstream's drivers of functions that one controller has; those of a person's own are theirs to know. */
const ofOneController = ["pci_epf_vntb", "pci_epf_test", "pci_epf_mhi", "nvmet_pci_epf"];
const ofTwoControllers = "pci_epf_ntb";

interface Scenario {
  readonly topology: Topology;
  readonly function?: EndpointFunction | undefined;
  readonly functions: Readonly<Record<string, EndpointFunction>>;
}

interface Bound extends FunctionMove {
  readonly binds: NonNullable<FunctionMove["binds"]>;
  /** The step that binds it, as a path and in words. */
  readonly path: readonly PropertyKey[];
  readonly step: string;
  readonly driver: string;
}

/** Functions that steps bind where their driver cannot have them. */
export function impossibleFunctions(
  scenario: Scenario,
  steps: readonly (ScenarioStep | ScenarioRounds)[],
  vocabulary: Vocabulary,
): Mistake[] {
  const { topology } = scenario;
  const moves = stepsInPlace(steps).flatMap(({ step, path }) =>
    vocabulary.moves(step.kind, step.params, topology).map((move) => ({ ...move, path })),
  );
  const bound = moves.flatMap(({ binds, ...move }): Bound[] => {
    const { driver } = (binds && functionNamed(scenario, binds.function)) ?? {};
    if (binds === undefined || driver === undefined) return [];
    return [{ ...move, binds, driver, step: inWords(move.path) }];
  });
  return namesOf(topology).flatMap((name) => {
    const here = bound.filter(({ machine }) => machine === name);
    // What goes may come elsewhere.
    const goes = moves.some(({ machine, binds }) => machine === name && binds === undefined);
    return [
      ...here.flatMap((one) => ofOtherControllers(one, topology)),
      ...(goes ? [] : here.flatMap((one, place) => besides(one, here.slice(0, place), topology))),
    ];
  });
}

function functionNamed({ function: main, functions }: Scenario, name: string | undefined) {
  return name === undefined ? main : functions[name];
}

/** As errors name a place in the file. */
function inWords(path: readonly PropertyKey[]): string {
  return path.map((part) => (typeof part === "number" ? `[${part}]` : String(part))).join("");
}

/** A driver of one controller where there are two, and the other way round. */
function ofOtherControllers({ machine, driver, path }: Bound, topology: Topology): Mistake[] {
  const joins = joinsHosts(machine, topology);
  const told = (message: string) => [{ path: [...path, "do"], key: false, message }];
  if (joins && ofOneController.includes(driver)) {
    return told(
      `a function of ${driver} has one controller, and "${machine}" joins its hosts by one of two; expected "driver: ${ofTwoControllers}", or "joins-hosts" of "${machine}" left away.`,
    );
  }
  if (joins || driver !== ofTwoControllers) return [];
  return told(
    `a function of ${driver} has two controllers, and is none before it has both; expected "joins-hosts: true" of "${machine}", with a link to each of two hosts.`,
  );
}

function joinsHosts(name: MachineName, topology: Topology): boolean {
  const machine = machineOf(topology, name);
  return machine.role === "endpoint" && machine["joins-hosts"];
}

/** What a machine has once, and is to have at another link, too. */
function besides(
  { machine, binds, path }: Bound,
  before: readonly Bound[],
  topology: Topology,
): Mistake[] {
  const told = (message: string) => [{ path: [...path, "do"], key: false, message }];
  const elsewhere = before.find(
    (one) => one.binds.function === binds.function && one.binds.link !== binds.link,
  );
  if (elsewhere && joinsHosts(machine, topology)) {
    return told(
      `${elsewhere.step} binds this function to both controllers of "${machine}"; expected this step left away.`,
    );
  }
  if (elsewhere) {
    return told(
      `${elsewhere.step} binds this function at the link ${elsewhere.binds.link} already, and "${machine}" has it once; expected another one of "functions" at the link ${binds.link}.`,
    );
  }
  return [];
}
