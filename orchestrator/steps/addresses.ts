// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { VariantPlan } from "../scenario/plan.ts";
import { endOf, linkOf, type Role, roles } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { rootPortOf } from "./link.ts";
import { interfaceNamed, type NetworkEnd, ntbEnds, ntbNetwork, prefixLength } from "./network.ts";
import { defineStep, type GuestCommand, inGuests } from "./step-kind.ts";
import { virtualBusOf } from "./virtual-bus.ts";

export interface AddressesEvidence {
  /** The interface's MTU at each end, as the kernel tells it. */
  readonly mtu: Readonly<Record<Role, number>>;
  /** Queue pairs of the interface at each end. */
  readonly queues: Readonly<Record<Role, number>>;
}

const schema = z.strictObject({
  link: linkField,
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
type Params = z.output<typeof schema>;

/** What the path of a device has in it that is one of this link's. */
function pathOf(plan: VariantPlan, { machine, link }: NetworkEnd): string {
  if (endOf(link, machine) === "host") return `*/${rootPortOf(plan.topology, link)}/*`;
  const bus = virtualBusOf(plan, link);
  return bus === undefined ? "*" : `*:${bus}:00.0/*`;
}

/** Finds ntb_netdev's interface by its driver and by the link, names it, and brings it up. */
function script(role: Role, { link: name, mtu, queues }: Params, plan: VariantPlan): string {
  const { topology } = plan;
  const link = linkOf(topology, name);
  const { interface: device, addresses } = ntbNetwork(topology, link);
  const behind = pathOf(plan, ntbEnds(topology, link)[role]);
  return `set -eu
for interface in /sys/class/net/*; do
  [ -e "$interface/device/driver" ] || continue
  [ "$(basename "$(readlink "$interface/device/driver")")" = ntb_netdev ] || continue
  case $(readlink -f "$interface/device") in ${behind}) found="\${found:-} $(basename "$interface")";; esac
done
[ -n "\${found:-}" ] || { echo "no network interface of ntb_netdev" >&2; dmesg | tail -n 5 >&2; exit 1; }
found=\${found# }
[ "\${found% *}" = "$found" ] || { echo "one network interface of ntb_netdev expected at this link, there are $found" >&2; exit 1; }
[ "$found" = ${device} ] || ip link set dev "$found" name ${device}
${queues === undefined ? "" : `ethtool -L ${device} combined ${queues} || [ "$(ls -d /sys/class/net/${device}/queues/tx-* | wc -l)" = ${queues} ]`}
${mtu === undefined ? "" : `ip link set dev ${device} mtu ${mtu}`}
ip addr replace ${addresses[role]}/${prefixLength} dev ${device}
ip link set dev ${device} up
cat /sys/class/net/${device}/mtu
ls -d /sys/class/net/${device}/queues/tx-* | wc -l`;
}

function commands(params: Params, plan: VariantPlan): GuestCommand[] {
  const ends = ntbEnds(plan.topology, linkOf(plan.topology, params.link));
  return roles.map((role) => ({
    on: ends[role].machine,
    what: "giving the NTB interface its address",
    script: script(role, params, plan),
  }));
}

export const addresses = defineStep({
  kind: "addresses",
  summary: "brings up ntb_netdev's interface on both sides, with addresses, MTU and queue pairs",
  schema,
  limitMs: () => 15_000,
  title: ({ link, mtu }) =>
    `Bring up ${interfaceNamed(link)}${mtu === undefined ? "" : ` with MTU ${mtu}`}`,
  commands,
  run: async (params, context): Promise<AddressesEvidence> => {
    const outputs = await inGuests(context, commands(params, context.plan));
    const [endpoint = [], host = []] = outputs.map((text) => text.trim().split("\n").map(Number));
    return {
      mtu: { endpoint: endpoint.at(-2) ?? 0, host: host.at(-2) ?? 0 },
      queues: { endpoint: endpoint.at(-1) ?? 0, host: host.at(-1) ?? 0 },
    };
  },
});
