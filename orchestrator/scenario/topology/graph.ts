// SPDX-License-Identifier: MIT
//
// Machines and the PCIe links between them. Every topology is such a graph: a pair has two machines and one link.

/** Which end of its links a machine is: the root complex, or the endpoint. */
export type Role = "host" | "endpoint";

/** In the order in which they start: a host finds its endpoints when it boots. */
export const roles: readonly Role[] = ["endpoint", "host"];

/** The other end. */
export const otherEnd: Readonly<Record<Role, Role>> = { host: "endpoint", endpoint: "host" };

/** By what name a scenario calls a machine; those of a pair are `host` and `endpoint`. */
export type MachineName = string;

/** A link, and the machines at its ends. */
export interface LinkEnds extends Readonly<Record<Role, MachineName>> {
  /** By which steps call it. The link of a pair has none, and needs none. */
  readonly name: string;
}

/** A machine that may be an endpoint between two hosts. */
interface Joining {
  readonly role: Role;
  readonly "joins-hosts"?: boolean;
}

/** Machines by their names, and the links that join them. */
export interface Graph<
  Machine extends { readonly role: Role } = Joining,
  Link extends LinkEnds = LinkEnds,
> {
  readonly machines: Readonly<Record<MachineName, Machine>>;
  readonly links: readonly Link[];
}

/** All names of machines, in the order in which they start. */
export function namesOf({ machines }: Graph): MachineName[] {
  return roles.flatMap((role) =>
    Object.keys(machines).filter((name) => machines[name]?.role === role),
  );
}

/** That there is such a machine was seen when the scenario was read. */
export function machineOf<Machine extends { readonly role: Role }>(
  { machines }: Pick<Graph<Machine>, "machines">,
  name: MachineName,
): Machine {
  const found = machines[name];
  if (!found) throw new Error(`the topology has no machine "${name}"`);
  return found;
}

/** The link of this name, or the only one. That there is such a link was seen when the scenario was read. */
export function linkOf<Link extends LinkEnds>(
  { links }: { readonly links: readonly Link[] },
  name?: string,
): Link {
  const found = links.find((link) => name === undefined || link.name === name);
  if (!found) throw new Error(`the topology has no link "${name ?? ""}"`);
  return found;
}

/** The same while a scenario is read, when there may be no such link. */
export function linksNamed<Link extends LinkEnds>(
  { links }: { readonly links: readonly Link[] },
  name?: string,
): readonly Link[] {
  const found = links.filter((link) => name === undefined || link.name === name);
  return found.length === 1 ? found : [];
}

/** A machine's links, whichever end it is; the n-th goes to its n-th port. */
export function linksAt<Link extends LinkEnds>(
  { links }: { readonly links: readonly Link[] },
  machine: MachineName,
): Link[] {
  return links.filter(({ host, endpoint }) => host === machine || endpoint === machine);
}

/** Which of a machine's ports the link goes to, counted from 0. */
export function portOf(
  graph: Pick<Graph, "links">,
  machine: MachineName,
  { name }: LinkEnds,
): number {
  return linksAt(graph, machine).findIndex((link) => link.name === name);
}

/** In words: "both VMs", or how many there are. */
export function allOf(machines: readonly MachineName[], what: string): string {
  return machines.length === 2 ? `both ${what}` : `all ${machines.length} ${what}`;
}

/** The links that lead from one machine to another, the fewest; undefined where none do. */
export function wayBetween<Link extends LinkEnds>(
  graph: { readonly links: readonly Link[] },
  from: MachineName,
  to: MachineName,
): Link[] | undefined {
  const ways = new Map<MachineName, Link[]>([[from, []]]);
  for (const [machine, way] of ways) {
    if (machine === to) return way;
    for (const link of linksAt(graph, machine)) {
      const next = farEnd(link, machine);
      if (!ways.has(next)) ways.set(next, [...way, link]);
    }
  }
  return undefined;
}

/** The machine at the other end of one of a machine's links. */
export function farEnd({ host, endpoint }: LinkEnds, machine: MachineName): MachineName {
  return machine === host ? endpoint : host;
}

/** Which end of a link a machine is. */
export function endOf({ host }: LinkEnds, machine: MachineName): Role {
  return machine === host ? "host" : "endpoint";
}

/** The other of an endpoint's two links, where it joins its hosts. */
export function joinedTo<Link extends LinkEnds>(
  graph: Graph<Joining, Link>,
  { name, endpoint }: LinkEnds,
): Link | undefined {
  if (!machineOf(graph, endpoint)["joins-hosts"]) return undefined;
  return linksAt(graph, endpoint).find((link) => link.name !== name);
}

/** What is of one link among several, as metrics and reports name it. */
export function ofLink({ name }: Pick<LinkEnds, "name">, what: string): string {
  return name === "" ? what : `link.${name}.${what}`;
}
