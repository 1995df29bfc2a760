// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { VariantPlan } from "../scenario/plan.ts";
import { linkOf, otherEnd, type Role, roles } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { interfaceNamed, ntbEnds, ntbNetwork } from "./network.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";

export interface WaitForLinkEvidence {
  readonly carrier: Readonly<Record<Role, boolean>>;
  /** Time until both sides had carrier and had heard of each other, in milliseconds. */
  readonly ms: number;
}

const schema = z.strictObject({ link: linkField });

/**
 * Waits for carrier inside the guest, then for the first answer from the peer. The queue pair of one
 * side is up a moment before that of the other, and what is sent in between is rightly lost.
 */
function commands({ link: name }: z.output<typeof schema>, { topology }: VariantPlan) {
  const link = linkOf(topology, name);
  const { interface: device, addresses } = ntbNetwork(topology, link);
  const ends = ntbEnds(topology, link);
  return roles.map(
    (role): GuestCommand => ({
      on: ends[role].machine,
      what: `waiting for carrier on ${device} and the peer's first answer`,
      script: `set -eu
until [ "$(cat /sys/class/net/${device}/carrier 2>/dev/null)" = 1 ]; do sleep 0.05; done
until ping -q -c 1 -W 1 -I ${device} ${addresses[otherEnd[role]]} > /dev/null 2>&1; do :; done
cat /sys/class/net/${device}/carrier`,
    }),
  );
}

export const waitForLink = defineStep({
  kind: "wait-for-link",
  summary: "waits until the interface has carrier on both sides and they hear each other",
  schema,
  limitMs: () => 20_000,
  title: ({ link }) => `Wait for carrier on ${interfaceNamed(link)}`,
  commands,
  run: async (params, context): Promise<WaitForLinkEvidence> => {
    const began = performance.now();
    const carrier = await inGuests(context, commands(params, context.plan));
    const [endpoint, host] = carrier.map((text) => text.trim() === "1");
    return {
      carrier: { endpoint: endpoint ?? false, host: host ?? false },
      ms: performance.now() - began,
    };
  },
});
