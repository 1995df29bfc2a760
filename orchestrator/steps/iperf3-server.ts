// SPDX-License-Identifier: MIT
import type { MachineName } from "../scenario/topology/graph.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import { execOptions, type GuestCommand, inGuest, type StepContext } from "./step-kind.ts";

/** What a server and its clients are told of the network. */
interface Traffic {
  readonly ends: { readonly endpoint: MachineName };
  readonly addresses: { readonly endpoint: string };
}

/** It serves one client after the other. */
export interface Iperf3Server {
  /** Resolves when it is ready for so many clients, of which all but one have come. */
  readyFor(clients: number): Promise<void>;
  stop(): Promise<void>;
}

/** Printed by the server each time that its port accepts a connection. */
const listening = "Server listening";

/** Where the server writes its process id, and what is there once the lab has ended it. */
const pidFile = "/run/iperf3-server.pid";
const endedFile = "/run/iperf3-server.ended";
/** Where one writes that has no output. */
const logFile = "/run/iperf3-server.log";

/**
 * Lives as long as its standard input, so that it ends with the lab's interest in it; one that ends by itself ends the
 * command as well. Of what it prints nothing is sent to the lab while it serves.
 */
function attended(address: string): string {
  // A command in the background has no standard input but one that is handed to it.
  return `rm -f ${endedFile}
exec 3<&0
( cat <&3; : > ${endedFile}; kill $(cat ${pidFile}) ) > /dev/null 2>&1 &
exec 3<&-
iperf3 --server --forceflush --pidfile ${pidFile} --bind ${address} |
  while read -r line; do
    case $line in "${listening}"*) echo "$line" ;; esac
  done
[ -e ${endedFile} ] || { echo "the server has ended by itself" >&2; exit 1; }`;
}

/**
 * With virtual time: packets of the connection on which it would say that it listens would come whenever this machine gets round
 * to them. So nothing connects it with the lab.
 */
function unattended(address: string): string {
  return `rm -f ${pidFile} ${logFile}
iperf3 --server --daemon --forceflush --pidfile ${pidFile} --logfile ${logFile} --bind ${address}`;
}

/** For each client it listens anew, and writes so; 2 s of the guest's time. */
export function untilItListens(clients: number): string {
  return `tries=500
until [ "$(cat ${logFile} 2> /dev/null | grep -c "^${listening}")" -ge ${clients} ]; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || { cat ${logFile} >&2; echo "the server does not listen" >&2; exit 1; }
  usleep 4000
done`;
}

export function serverCommand({ ends, addresses }: Traffic, { time }: Topology): GuestCommand {
  const script = time === "virtual" ? unattended : attended;
  return { on: ends.endpoint, what: "the iperf3 server", script: script(addresses.endpoint) };
}

export async function serve(context: StepContext, traffic: Traffic): Promise<Iperf3Server> {
  const { lab, plan } = context;
  const { on, what, script } = serverCommand(traffic, plan.topology);
  if (plan.topology.time !== "virtual") {
    const running = await lab.vm(on).ssh.background(script, listening, execOptions(context, what));
    return {
      readyFor: (clients) => running.printed(listening, clients),
      stop: async () => void (await running.stop()),
    };
  }
  await inGuest(context, { on, what, script });
  return {
    readyFor: async (clients) =>
      void (await inGuest(context, { on, what, script: untilItListens(clients) })),
    // One that has ended by itself has failed its client, who tells why.
    stop: async () =>
      void (await inGuest(context, {
        on,
        what,
        script: `kill $(cat ${pidFile}) 2> /dev/null || :`,
      })),
  };
}
