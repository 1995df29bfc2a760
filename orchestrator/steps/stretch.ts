// SPDX-License-Identifier: MIT
import type { Role } from "../lab/role.ts";
import { peerOf } from "./network.ts";
import { inGuest, type StepContext } from "./step-kind.ts";

/**
 * Before a command in the guest `on` that measures: with virtual time its peer, too, begins anew what it does periodically. The
 * lab's commands do that for the guest they are for (`time-grid.ts`), so one that does nothing is enough.
 */
export async function beforeStretch(context: StepContext, on: Role): Promise<void> {
  if (context.plan.topology.time !== "virtual") return;
  await inGuest(context, { on: peerOf(on), what: "settling before a measurement", script: ":" });
}
