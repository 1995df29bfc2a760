// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { MachineName } from "../scenario/topology/graph.ts";
import { deviceIds } from "./arguments.ts";
import type { QmpClient } from "./qmp.ts";

/** Instructions that each guest has executed since its start, or between two readings. */
export type Instructions = Readonly<Record<MachineName, number>>;

const count = z.int().min(0);

/** Reads these guests' counts; the topology must have asked for it with `count-instructions`. */
export async function readInstructions(
  lab: { readonly vm: (name: MachineName) => { readonly qmp: QmpClient } },
  machines: readonly MachineName[],
): Promise<Instructions> {
  const counts = machines.map(async (name) => {
    const path = `/machine/peripheral/${deviceIds.instructionCounter}`;
    const asked = { path, property: "instructions" };
    return [name, count.parse(await lab.vm(name).qmp.execute("qom-get", asked))] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

/** What the counts grew by. */
export function instructionsSince(before: Instructions, after: Instructions): Instructions {
  const grown = Object.entries(after).map(([name, now]) => [name, now - (before[name] ?? 0)]);
  return Object.fromEntries(grown);
}
