// SPDX-License-Identifier: MIT
//
// What runs take of a machine, and what it has.
import { availableParallelism, totalmem } from "node:os";
import { InfrastructureError } from "../errors.ts";
import type { Plan } from "../scenario/plan.ts";
import { gibibytes } from "../scenario/size.ts";

/** What a machine has for runs now: processors and bytes of memory. */
export interface Room {
  readonly processors: number;
  readonly memory: number;
}

export function roomHere(): Room {
  return { processors: availableParallelism(), memory: process.availableMemory() };
}

const MIB = 1024 ** 2;
/** What QEMU takes beside its guest's memory, all of which it takes at once: translated code above all. Measured, rounded up. */
const beside = 256 * MIB;

/** The most memory that a run takes at a time: that of its guests and their QEMUs, in bytes. */
export function memoryOf({ variants }: Plan): number {
  return Math.max(
    ...variants.map(({ topology }) =>
      Object.values(topology.machines).reduce((sum, { memory }) => sum + memory + beside, 0),
    ),
  );
}

/** What the machine, or the container that this runs in, has at most, whatever else is in it now: in bytes. */
export function memoryHere(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/**
 * Expects room for a run, whose VMs take their memory at once.
 *
 * @throws InfrastructureError where the machine has less than they take.
 */
export function expectRoom(plan: Plan, memory: number): void {
  const needed = memoryOf(plan);
  if (needed <= memory) return;
  throw new InfrastructureError(
    `the VMs of ${plan.scenario} take ${gibibytes(needed)} of memory at a time, and this machine has ${gibibytes(memory)}: give them less ("memory" of topology's machines), or run it on a larger machine`,
  );
}
