// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { Mistake } from "../explain.ts";
import { suggestion } from "../nearest.ts";
import { type Graph, type LinkEnds, type MachineName, namesOf } from "./graph.ts";

/** What a topology says of such a network. */
interface Networked {
  readonly links: readonly LinkEnds[];
  readonly "direct-network": boolean | readonly MachineName[];
}

/** The Ethernet beside the PCIe links: of a pair whether there is one, of others between which two machines. */
export const directNetworkField = z
  .union([z.boolean(), z.array(z.string().meta({ title: "machine" }))], {
    error: "expected true, false or two machines",
  })
  .default(false)
  .describe(
    "An Ethernet between the two VMs that does not go over the PCIe link; where there are more, between the two that are named. They know each other by their names.",
  );

/** Their addresses there. */
export const directAddresses = ["192.168.78.1", "192.168.78.2"] as const;

/** The machines at its ends, in the order of their addresses; undefined where there is none. */
export function directEnds(topology: Networked): readonly [MachineName, MachineName] | undefined {
  const { links, "direct-network": direct } = topology;
  if (direct === false) return undefined;
  const [link] = links;
  const [one, other] = direct === true ? [link?.host, link?.endpoint] : direct;
  return one === undefined || other === undefined ? undefined : [one, other];
}

/** A network without two ends. */
export function impossibleDirectNetwork(topology: Graph & Networked): Mistake[] {
  const ends = topology["direct-network"];
  const known = namesOf(topology);
  const path = ["topology", "direct-network"];
  const told = (message: string, at: readonly number[] = []): Mistake[] => [
    { path: [...path, ...at], key: false, message },
  ];
  if (ends === true && known.length > 2) {
    return told(
      `expected two machines of ${known.join(", ")}, for a direct network joins two: "direct-network: [${known.slice(-2).join(", ")}]".`,
    );
  }
  if (typeof ends === "boolean") return [];
  const strange = ends.flatMap((name, index) =>
    known.includes(name)
      ? []
      : told(
          `no machine is named "${name}"; expected one of ${known.join(", ")}.${suggestion(name, known)}`,
          [index],
        ),
  );
  if (strange.length > 0) return strange;
  if (ends.length !== 2) return told(`expected two machines, got ${ends.length}.`);
  return ends[0] === ends[1] ? told(`expected two machines, got "${ends[0]}" twice.`) : [];
}
