// SPDX-License-Identifier: MIT
import type { Mistake } from "../explain.ts";
import type { Topology } from "./topology.ts";

/** What a topology asks for beside virtual time, and cannot have. What would do is said with each. */
export function impossibleTime({ topology }: { readonly topology: Topology }): Mistake[] {
  if (topology.time !== "virtual") return ofVirtualTimeAlone(topology);
  const told = (path: readonly PropertyKey[], message: string): Mistake => ({
    path: ["topology", ...path],
    key: false,
    message: `${message}, or "time: wall".`,
  });
  const machines = Object.values(topology.machines);
  const cpus = machines.flatMap((machine) => [
    ...(machine.cpus === 1
      ? []
      : [
          told(
            [...machine.at, "cpus"],
            `expected 1 with "time: virtual", which goes by the instructions of one CPU, got ${machine.cpus}; write 1`,
          ),
        ]),
  ]);
  const cards = machines.flatMap((machine) => [
    ...(machine.role === "host" && machine.card
      ? [
          told(
            [...machine.at, "card"],
            'expected no card with "time: virtual", for its accesses take none; leave it away',
          ),
        ]
      : []),
  ]);
  const several =
    topology.links.length > 1
      ? [
          told(
            ["links"],
            `expected one link with "time: virtual", whose two ends agree upon it, got ${topology.links.length}; write one`,
          ),
        ]
      : [];
  const counted = topology["count-instructions"]
    ? told(
        ["count-instructions"],
        'expected false with "time: virtual", whose clock counts them; leave it away',
      )
    : [];
  return [...cpus, ...several, ...[counted].flat(), ...cards];
}

function ofVirtualTimeAlone({ seed, cpuidle }: Topology): Mistake[] {
  const told = (field: string, message: string): Mistake => ({
    path: ["topology", field],
    key: false,
    message: `expected "time: virtual" with ${message} and wall-clock time.`,
  });
  return [
    ...(seed === 0 ? [] : [told("seed", `a seed, which varies what that takes, got seed ${seed}`)]),
    ...(cpuidle
      ? [told("cpuidle", "CPUs that sleep, whose waking takes some of it, got cpuidle")]
      : []),
  ];
}
