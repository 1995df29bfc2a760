// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type Role, roles } from "../lab/role.ts";
import { addresses as addressOf, ntbInterface, prefixLength } from "./network.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";

export interface AddressesEvidence {
  /** The interface's MTU in each guest, as the kernel tells it. */
  readonly mtu: Readonly<Record<Role, number>>;
  /** Queue pairs of the interface in each guest. */
  readonly queues: Readonly<Record<Role, number>>;
}

const schema = z.strictObject({
  mtu: z
    .int()
    .min(68)
    .max(65_535)
    .optional()
    .describe("MTU of the NTB network; without it the driver's own stays."),
  queues: z
    .int()
    .min(1)
    .max(8)
    .optional()
    .describe("Queue pairs that ntb_netdev uses; without it as many as it takes."),
});

/** Finds ntb_netdev's interface by its driver, names it, and brings it up. */
function script(role: Role, { mtu, queues }: z.output<typeof schema>): string {
  return `set -eu
for interface in /sys/class/net/*; do
  [ -e "$interface/device/driver" ] || continue
  [ "$(basename "$(readlink "$interface/device/driver")")" = ntb_netdev ] && found=$(basename "$interface")
done
[ -n "\${found:-}" ] || { echo "no network interface of ntb_netdev" >&2; dmesg | tail -n 5 >&2; exit 1; }
[ "$found" = ${ntbInterface} ] || ip link set dev "$found" name ${ntbInterface}
${queues === undefined ? "" : `ethtool -L ${ntbInterface} combined ${queues} || [ "$(ls -d /sys/class/net/${ntbInterface}/queues/tx-* | wc -l)" = ${queues} ]`}
${mtu === undefined ? "" : `ip link set dev ${ntbInterface} mtu ${mtu}`}
ip addr replace ${addressOf[role]}/${prefixLength} dev ${ntbInterface}
ip link set dev ${ntbInterface} up
cat /sys/class/net/${ntbInterface}/mtu
ls -d /sys/class/net/${ntbInterface}/queues/tx-* | wc -l`;
}

function commands(params: z.output<typeof schema>): GuestCommand[] {
  return roles.map((role) => ({
    on: role,
    what: "giving the NTB interface its address",
    script: script(role, params),
  }));
}

export const addresses = defineStep({
  kind: "addresses",
  summary: "brings up ntb_netdev's interface on both sides, with addresses, MTU and queue pairs",
  schema,
  limitMs: () => 15_000,
  title: ({ mtu }) => `Bring up ${ntbInterface}${mtu === undefined ? "" : ` with MTU ${mtu}`}`,
  commands,
  run: async (params, context): Promise<AddressesEvidence> => {
    const outputs = await inGuests(context, commands(params));
    const [endpoint = [], host = []] = outputs.map((text) => text.trim().split("\n").map(Number));
    return {
      mtu: { endpoint: endpoint.at(-2) ?? 0, host: host.at(-2) ?? 0 },
      queues: { endpoint: endpoint.at(-1) ?? 0, host: host.at(-1) ?? 0 },
    };
  },
});
