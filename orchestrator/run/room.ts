// SPDX-License-Identifier: MIT
//
// What runs take of a machine, and what it has.
import { availableParallelism } from "node:os";
import { InfrastructureError } from "../errors.ts";
import type { Plan, VariantPlan } from "../scenario/plan.ts";
import { gibibytes } from "../scenario/size.ts";
import { memoryAvailable } from "./memory.ts";

/** What a machine has for runs now: processors and bytes of memory. */
export interface Room {
  readonly processors: number;
  readonly memory: number;
}

export function roomHere(): Room {
  return { processors: availableParallelism(), memory: memoryAvailable() };
}

const MIB = 1024 ** 2;
/** What QEMU takes beside its guest's memory, all of which it takes at once: translated code above all. Measured, rounded up. */
const beside = 256 * MIB;

/** What one of a scenario's variants takes at a time: the memory of its guests and their QEMUs, in bytes. */
function memoryOfVariant({ topology }: VariantPlan): number {
  return Object.values(topology.machines).reduce((sum, { memory }) => sum + memory + beside, 0);
}

/** The most memory that a run takes at a time, in bytes. */
export function memoryOf({ variants }: Plan): number {
  return Math.max(...variants.map(memoryOfVariant));
}

/**
 * Expects room for a run, whose VMs take their memory at once.
 *
 * @throws InfrastructureError where the machine has less than they take.
 */
export function expectRoom(plan: Plan, memory: number): void {
  const needed = memoryOf(plan);
  if (needed <= memory) return;
  const largest = plan.variants.find((variant) => memoryOfVariant(variant) === needed);
  const machines = Object.entries(largest?.topology.machines ?? {}).map(
    ([name, { memory: own }]) => `${name} ${gibibytes(own)}`,
  );
  throw new InfrastructureError(
    `the VMs of ${plan.scenario}${largest?.variant ? `, variant ${largest.variant},` : ""} take ${gibibytes(needed)} of memory at a time (${machines.join(", ")}, and what QEMU needs beside that), and this machine has ${gibibytes(memory)}: give them less ("memory" of topology's machines), or run it on a larger machine`,
  );
}
