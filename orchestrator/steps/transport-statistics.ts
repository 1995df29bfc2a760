// SPDX-License-Identifier: MIT
import * as z from "zod";
import { GuestError } from "../lab/errors.ts";
import type { ControllerStats } from "../lab/stats.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { endOf, linkOf, roles } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { rootPortOf } from "./link.ts";
import { type NetworkEnd, ntbEnds } from "./network.ts";
import { pause } from "./pause.ts";
import { defineStep, type GuestCommand, inGuests, type StepContext } from "./step-kind.ts";
import { virtualBusOf } from "./virtual-bus.ts";

/** What this project's ntb_transport counts on one side. */
export interface SideStatistics {
  readonly backend: string;
  /** For each queue pair its figures by name, as debugfs has them. */
  readonly queuePairs: readonly Readonly<Record<string, number>>[];
  /** Of the whole side; undefined where the transport counts none. */
  readonly notifications?: {
    readonly sent: number;
    /** Those of them that were sent because another had not been answered. */
    readonly repeated: number;
    /** Interrupts that had something to say. */
    readonly received: number;
  };
  /** Of all descriptors those whose end was found by looking: no interrupt had told of it in time. */
  readonly polled?: number;
}

export interface TransportStatisticsEvidence {
  readonly endpoint: SideStatistics;
  readonly host: SideStatistics;
  /** The controller's counters of the whole run. */
  readonly controller: ControllerStats;
}

/** Time between two readings that must be equal: nothing is on its way any more. */
const restMs = 200;

/** Without the directories that are named after NTB devices of which this test does not hold: those are other links'. */
const ofDevices = (test: string, inWords: string) => `mine=
for one in "$@"; do
  name=\${one##*/}
  case $name in
    *:*:*.?) ${test} || continue ;;
  esac
  mine="$mine $one"
done
set -- $mine
[ $# != 0 ] || { echo "no directory of those that the scenario's transport.statistics names is of a device ${inWords}" >&2; exit 1; }
`;

/** Leaves the directories of one link. */
function choose(plan: VariantPlan, { machine, link }: NetworkEnd): string {
  if (endOf(link, machine) === "host") {
    const rootPort = rootPortOf(plan.topology, link);
    return ofDevices(`[ -e "/sys/bus/pci/devices/${rootPort}/$name" ]`, `behind ${rootPort}`);
  }
  const bus = virtualBusOf(plan, link);
  return bus === undefined ? "" : ofDevices(`[ "\${name#*:${bus}:}" != "$name" ]`, `on bus ${bus}`);
}

/** The directory's name may hold the NTB device's: the pattern has to stand for one. */
const script = (directory: string, chosen: string) => `set -eu
set -- ${directory}
${chosen}[ -d "$1" ] || { echo "no directory ${directory}, which the scenario's transport.statistics names" >&2; exit 1; }
[ $# = 1 ] || { echo "several directories, of which the scenario's transport.statistics is to name one: $*" >&2; exit 1; }
cd "$1"
if [ -e window ]; then cat window; fi
for pair in qp*; do echo "pair $pair"; cat $pair/stats; done`;

const schema = z.strictObject({ link: linkField });
type Params = z.output<typeof schema>;

function commands({ link: name }: Params, plan: VariantPlan): GuestCommand[] {
  const ends = ntbEnds(plan.topology, linkOf(plan.topology, name));
  const what = "reading the transport's statistics";
  return roles.map((role) => {
    const end = ends[role];
    return { on: end.machine, what, script: script(plan.transport.statistics, choose(plan, end)) };
  });
}

export function parseStatistics(text: string): SideStatistics {
  const [window = "", ...pairs] = text.split(/^pair .*$/m);
  const backend = /^backend: (\S+)$/m.exec(text)?.[1];
  if (backend === undefined) {
    throw new GuestError(`expected ntb_transport's statistics, got: ${text.slice(0, 200).trim()}`);
  }
  const { notifications_sent: sent, ...side } = figuresOf(window);
  const { notifications_repeated: repeated = 0, notifications_received: received = 0 } = side;
  const { completions_polled: polled } = side;
  return {
    ...{ backend, queuePairs: pairs.map(figuresOf) },
    ...(sent === undefined ? {} : { notifications: { sent, repeated, received } }),
    ...(polled === undefined ? {} : { polled }),
  };
}

function figuresOf(text: string): Record<string, number> {
  return Object.fromEntries(
    [...text.matchAll(/^(\w+): (\d+)$/gm)].map(([, name = "", value]) => [name, Number(value)]),
  );
}

async function read(params: Params, context: StepContext): Promise<TransportStatisticsEvidence> {
  const [endpoint = "", host = ""] = await inGuests(context, commands(params, context.plan));
  const controller = await context.lab.link(params.link).stats();
  return { endpoint: parseStatistics(endpoint), host: parseStatistics(host), controller };
}

/** What the sums are made of: other figures, such as looks that found nothing, go on at rest. */
function payloadOf({ endpoint, host, controller }: TransportStatisticsEvidence): string {
  const figures = [endpoint, host].flatMap((side) =>
    side.queuePairs.map((pair) => [pair.tx_pkts, pair.rx_pkts, pair.tx_bytes, pair.rx_bytes]),
  );
  const moved = [...controller.write, ...controller.read].map((channel) => channel.bytes);
  return JSON.stringify([figures, moved]);
}

export const transportStatistics = defineStep({
  kind: "transport-statistics",
  summary:
    "reads ntb_transport's statistics on both sides, and the controller's, once all is at rest",
  schema,
  limitMs: () => 20_000,
  title: () => "Read the transport's statistics",
  commands,
  run: async (params, context): Promise<TransportStatisticsEvidence> => {
    const deadline = performance.now() + context.limitMs - 2 * restMs;
    let before = await read(params, context);
    for (;;) {
      await pause(context.lab, restMs);
      const after = await read(params, context);
      if (payloadOf(after) === payloadOf(before)) return after;
      if (performance.now() > deadline) {
        throw new GuestError("expected traffic to end, but the transport's statistics go on");
      }
      before = after;
    }
  },
});
