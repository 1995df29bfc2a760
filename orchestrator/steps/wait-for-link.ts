// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type Role, roles } from "../lab/role.ts";
import { addresses, ntbInterface, peerOf } from "./network.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";

export interface WaitForLinkEvidence {
  readonly carrier: Readonly<Record<Role, boolean>>;
  /** Time until both sides had carrier and had heard of each other, in milliseconds. */
  readonly ms: number;
}

/**
 * Waits for carrier inside the guest, then for the first answer from the peer. The queue pair of one
 * side is up a moment before that of the other, and what is sent in between is rightly lost.
 */
function script(role: Role): string {
  return `set -eu
until [ "$(cat /sys/class/net/${ntbInterface}/carrier 2>/dev/null)" = 1 ]; do sleep 0.05; done
until ping -q -c 1 -W 1 -I ${ntbInterface} ${addresses[peerOf(role)]} > /dev/null 2>&1; do :; done
cat /sys/class/net/${ntbInterface}/carrier`;
}

function commands(): GuestCommand[] {
  return roles.map((role) => ({
    on: role,
    what: `waiting for carrier on ${ntbInterface} and the peer's first answer`,
    script: script(role),
  }));
}

export const waitForLink = defineStep({
  kind: "wait-for-link",
  summary: "waits until the interface has carrier on both sides and they hear each other",
  schema: z.strictObject({}),
  limitMs: () => 20_000,
  title: () => `Wait for carrier on ${ntbInterface}`,
  commands,
  run: async (_params, context): Promise<WaitForLinkEvidence> => {
    const began = performance.now();
    const carrier = await inGuests(context, commands());
    const [endpoint, host] = carrier.map((text) => text.trim() === "1");
    return {
      carrier: { endpoint: endpoint ?? false, host: host ?? false },
      ms: performance.now() - began,
    };
  },
});
