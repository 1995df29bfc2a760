// SPDX-License-Identifier: MIT
import * as z from "zod";
import { deviceIds } from "./arguments.ts";
import type { QmpClient } from "./qmp.ts";
import type { Role } from "./role.ts";

/** Instructions that each guest has executed since its start, or between two readings. */
export type Instructions = Readonly<Record<Role, number>>;

const count = z.int().min(0);

/** Reads both guests' counts; the topology must have asked for it with `count-instructions`. */
export async function readInstructions(
  vms: Readonly<Record<Role, { readonly qmp: QmpClient }>>,
): Promise<Instructions> {
  const [host, endpoint] = await Promise.all(
    [vms.host, vms.endpoint].map(async ({ qmp }) =>
      count.parse(
        await qmp.execute("qom-get", {
          path: `/machine/peripheral/${deviceIds.instructionCounter}`,
          property: "instructions",
        }),
      ),
    ),
  );
  if (host === undefined || endpoint === undefined) throw new Error("unreachable: two guests");
  return { host, endpoint };
}

/** What the counts grew by. */
export function instructionsSince(before: Instructions, after: Instructions): Instructions {
  return { host: after.host - before.host, endpoint: after.endpoint - before.endpoint };
}
