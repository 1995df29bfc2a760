// SPDX-License-Identifier: MIT
import type { Mistake } from "./explain.ts";
import type { Topology } from "./schema.ts";

/** What a topology asks for beside virtual time, and cannot have. What would do is said with each. */
export function impossibleTime({ topology }: { readonly topology: Topology }): Mistake[] {
  if (topology.time !== "virtual") {
    if (topology.seed === 0) return [];
    const message = `expected "time: virtual" with a seed, which varies what that takes, got seed ${topology.seed} and wall-clock time.`;
    return [{ path: ["topology", "seed"], key: false, message }];
  }
  const told = (path: readonly PropertyKey[], message: string): Mistake => ({
    path: ["topology", ...path],
    key: false,
    message: `${message}, or "time: wall".`,
  });
  const machines = (["host", "endpoint"] as const).flatMap((role) =>
    topology[role].cpus === 1
      ? []
      : told(
          [role, "cpus"],
          `expected 1 with "time: virtual", which goes by the instructions of one CPU, got ${topology[role].cpus}; write 1`,
        ),
  );
  const counted = topology["count-instructions"]
    ? told(
        ["count-instructions"],
        'expected false with "time: virtual", whose clock counts them; leave it away',
      )
    : [];
  const card = topology.host.card
    ? told(
        ["host", "card"],
        'expected no card with "time: virtual", for its accesses take none; leave it away',
      )
    : [];
  return [...machines, ...[counted, card].flat()];
}
