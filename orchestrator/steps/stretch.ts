// SPDX-License-Identifier: MIT
import { linksAt, type MachineName, roles } from "../scenario/topology/graph.ts";
import { inGuest, type StepContext } from "./step-kind.ts";

/**
 * Before a command in the guest `on` that measures: with virtual time its peer, too, begins anew what it does periodically. The
 * lab's commands do that for the guest they are for (`time-grid.ts`), so one that does nothing is enough.
 */
export async function beforeStretch(context: StepContext, on: MachineName): Promise<void> {
  if (context.plan.topology.time !== "virtual") return;
  const joined = linksAt(context.plan.topology, on).flatMap((link) =>
    roles.map((role) => link[role]),
  );
  const peers = joined.filter((machine) => machine !== on);
  const settle = { what: "settling before a measurement", script: ":" };
  await Promise.all(peers.map((peer) => inGuest(context, { on: peer, ...settle })));
}
