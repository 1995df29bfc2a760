// SPDX-License-Identifier: MIT
import type { Mistake } from "../explain.ts";
import { suggestion } from "../nearest.ts";
import { impossibleDirectNetwork } from "./direct-network.ts";
import { linksAt, type MachineName, namesOf, roles } from "./graph.ts";
import type { Link, Topology } from "./topology.ts";

/** Machines and links that do not fit together. What would do is said with each. */
export function impossibleGraph({ topology }: { readonly topology: Topology }): Mistake[] {
  const ends = topology.links.flatMap((link) => strangeEnds(link, topology));
  // A machine that one of these was to name has no link, either.
  const lonely = ends.length > 0 ? [] : namesOf(topology).flatMap((name) => alone(name, topology));
  const none = noLinks(topology);
  const crowded = namesOf(topology).flatMap((name) => tooManyLinks(name, topology));
  const apart =
    ends.length > 0 ? [] : namesOf(topology).flatMap((name) => joinsNone(name, topology));
  const taken = namesOf(topology).flatMap((name) => namedAlready(name, topology));
  return [
    ...none,
    ...ends,
    ...lonely,
    ...crowded,
    ...apart,
    ...taken,
    ...impossibleDirectNetwork(topology),
  ];
}

/** Nothing to run. */
function noLinks({ machines, links }: Topology): Mistake[] {
  if (links.length > 0 || Object.keys(machines).length > 0) return [];
  const message = "expected a host and an endpoint at least, got no machine.";
  return [{ path: ["topology", "machines"], key: false, message }];
}

/** A link that ends at no machine, or at one that is no such end. */
function strangeEnds(link: Link, topology: Topology): Mistake[] {
  return roles.flatMap((role) => {
    const name = link[role];
    const machine = topology.machines[name];
    if (machine?.role === role) return [];
    const fitting = namesOf(topology).filter((one) => topology.machines[one]?.role === role);
    const expected =
      fitting.length > 0
        ? `expected one of ${fitting.join(", ")}`
        : `expected a machine with "role: ${role}" among "machines"`;
    const got = machine
      ? `"${name}" is no ${role} but has "role: ${machine.role}"`
      : `no machine is named "${name}"`;
    const near = machine ? "" : suggestion(name, fitting);
    const message = `${got}; ${expected}.${near}`;
    return [{ path: ["topology", ...link.at, role], key: false, message }];
  });
}

/** A machine that no link joins to another. */
function alone(name: MachineName, topology: Topology): Mistake[] {
  const machine = topology.machines[name];
  if (!machine || linksAt(topology, name).length > 0) return [];
  const message = `no link joins "${name}" to another machine; expected one of "links" with "${machine.role}: ${name}", or the machine left away.`;
  return [{ path: ["topology", ...machine.at], key: true, message }];
}

/** The interrupt lines of the emulated machine are enough for so many controllers. */
const mostControllers = 3;

/** Slots of a host's root bus for root ports; a PC has its networks and its bridge behind them. */
const mostPorts = { virt: 31, q35: 23 } as const;

/** More links than the endpoint has room for controllers, or the host for root ports, of which a card takes one. */
function tooManyLinks(name: MachineName, topology: Topology): Mistake[] {
  const links = linksAt(topology, name);
  const machine = topology.machines[name];
  if (!machine) return [];
  const { role } = machine;
  const card = machine.role === "host" && machine.card ? 1 : 0;
  const most = machine.role === "endpoint" ? mostControllers : mostPorts[machine.machine] - card;
  const [first] = links.slice(most);
  if (!first) return [];
  const needs = role === "endpoint" ? "a controller" : "a slot of its bus";
  const message = `"${name}" has ${links.length} links, of which each needs ${needs}; expected ${most} at most, the others at another ${role}.`;
  return [{ path: ["topology", ...first.at, role], key: false, message }];
}

/** An endpoint that is to join hosts, and has not two. */
function joinsNone(name: MachineName, topology: Topology): Mistake[] {
  const machine = topology.machines[name];
  if (machine?.role !== "endpoint" || !machine["joins-hosts"]) return [];
  const hosts = linksAt(topology, name).map(({ host }) => host);
  if (hosts.length === 2 && hosts[0] !== hosts[1]) return [];
  const got = `${hosts.length} ${hosts.length === 1 ? "link, to" : "links, to"} ${hosts.join(", ")}`;
  const message = `expected "${name}" to have two links, to a host each, for its controllers are the sides of one NTB; got ${got}.`;
  return [{ path: ["topology", ...machine.at, "joins-hosts"], key: false, message }];
}

/** What these names stand for in steps, and among a run's files. */
const namesTaken: Readonly<Record<string, string>> = {
  both: "every machine",
  all: "every machine",
  "kvm-trial": "the trial of KVM",
  direct: "the direct network",
};

function namedAlready(name: MachineName, topology: Topology): Mistake[] {
  const meaning = namesTaken[name];
  const machine = topology.machines[name];
  if (!machine || meaning === undefined) return [];
  const message = `expected another name than "${name}", which stands for ${meaning}.`;
  return [{ path: ["topology", ...machine.at], key: true, message }];
}
