// SPDX-License-Identifier: MIT
//
// Fields of steps and checks that name machines and links of the topology, and whether those are there.

import * as z from "zod";
import type { Mistake } from "../explain.ts";
import { suggestion } from "../nearest.ts";
import { directEnds } from "./direct-network.ts";
import { type Graph, linksAt, type MachineName, namesOf, wayBetween } from "./graph.ts";
import type { Topology } from "./topology.ts";

/** What a field names: one machine, one or all, a link, two machines that links join, or over which network. */
type Named = "machine" | "machines" | "link" | "between" | "network";
/** And what two of them say together. */
type NamedTogether = "link and between" | "link and direct" | "link of machine";

export const graphFields = z.registry<{ readonly names: Named }>();

/** A field that names a machine. */
export function machineField(description: string): z.ZodString {
  return z
    .string()
    .meta({ title: "machine", description })
    .register(graphFields, { names: "machine" });
}

/** These stand for every machine. */
const everyMachine = ["both", "all"];

/** A field that names a machine, or all. */
export function machinesField(description: string): z.ZodString {
  const both = `${description} \`both\`, or \`all\`, is every machine.`;
  return z
    .string()
    .meta({ title: "machine, or `both`", description: both })
    .register(graphFields, { names: "machines" });
}

/** The machines that such a field means. */
export function machinesMeant(graph: Graph, field: string): readonly MachineName[] {
  return everyMachine.includes(field) ? namesOf(graph) : [field];
}

/** The link that a step is about. */
export const linkField = z
  .string()
  .meta({ title: "link", description: "Which link it is about, where there are several." })
  .register(graphFields, { names: "link" })
  .optional();

/** A field that names the two machines between which traffic goes, in place of a link. */
export const betweenField = z
  .array(z.string().meta({ title: "machine" }))
  .length(2, { error: "expected two machines" })
  .meta({
    title: "two machines",
    description:
      "Two machines that need share no link: the traffic goes over those in between, as the step `route` lets it. The first is what the host is for a link, the second the endpoint.",
  })
  .register(graphFields, { names: "between" })
  .optional();

/** Names in the fields of a step or check that the topology does not have. `at` is where that stands, `tag` its kind's field. */
export function strangeNames(
  schema: z.ZodType | undefined,
  params: unknown,
  graph: Topology,
  at: readonly PropertyKey[],
  tag: string,
): Mistake[] {
  return found(schema, params, []).flatMap(({ path, names, value }) => {
    const whole = [...at, ...path];
    if (names === "network") return withoutDirectNetwork(value, graph, whole);
    if (names === "link and between") return [twoWays(whole)];
    if (names === "link and direct") return [pastLinks(whole)];
    if (names === "link of machine") return notAtLink(value, graph, whole);
    if (names === "link") return strangeLink(value, graph, whole, [...at, tag]);
    if (names === "between") return strangeWay(value, graph, whole);
    const known = namesOf(graph);
    // That there are none is told with the topology.
    if (typeof value !== "string" || known.length === 0) return [];
    const allowed = names === "machines" ? [...known, ...everyMachine] : known;
    if (allowed.includes(value)) return [];
    return [noMachine(value, allowed, whole)];
  });
}

function strangeLink(
  value: unknown,
  { links }: Graph,
  path: readonly PropertyKey[],
  kind: readonly PropertyKey[],
): Mistake[] {
  const known = links.map(({ name }) => name);
  if (value === undefined) {
    if (links.length === 1) return [];
    const message = `this is about one link of several: expected "link: NAME" with one of ${known.join(", ")}.`;
    return [{ path: kind, key: false, message }];
  }
  if (typeof value !== "string" || (value !== "" && known.includes(value))) return [];
  const named = known.filter((name) => name !== "");
  const expected =
    named.length > 0
      ? `one of ${named.join(", ")}`
      : 'a topology with "links"; leave it away where there are two machines';
  const message = `no link is named "${value}"; expected ${expected}.${suggestion(value, named)}`;
  return [{ path, key: false, message }];
}

function strangeWay(value: unknown, graph: Graph, path: readonly PropertyKey[]): Mistake[] {
  if (!Array.isArray(value)) return [];
  const known = namesOf(graph);
  const ends = known.filter((name) => !graph.machines[name]?.["joins-hosts"]);
  const strange = value.flatMap((name, index) => {
    if (!known.includes(name)) return [noMachine(name, known, [...path, index])];
    if (ends.includes(name)) return [];
    const message = `"${name}" joins its hosts and has no end of their network; expected one of ${ends.join(", ")}.`;
    return [{ path: [...path, index], key: false, message }];
  });
  if (strange.length > 0) return strange;
  const [from, to] = value;
  if (from !== to && wayBetween(graph, from, to)) return [];
  const message =
    from === to
      ? `expected two machines, got "${from}" twice.`
      : `no links lead from "${from}" to "${to}"; expected two machines that some do.`;
  return [{ path, key: false, message }];
}

function twoWays(path: readonly PropertyKey[]): Mistake {
  const message =
    'expected "link" or "between", got both: two machines stand in the place of a link.';
  return { path, key: false, message };
}

function pastLinks(path: readonly PropertyKey[]): Mistake {
  const message =
    'expected "link" or "network: direct", got both: that network is beside all links.';
  return { path, key: false, message };
}

/** A link that ends at another machine than the step is about. Names that are not there are told by themselves. */
function notAtLink(value: unknown, graph: Graph, path: readonly PropertyKey[]): Mistake[] {
  const [machine, name] = Array.isArray(value) ? value : [];
  const link = graph.links.find((one) => one.name === name);
  const known = linksAt(graph, machine);
  if (!link || known.length === 0 || known.includes(link)) return [];
  const links = known.map((one) => one.name).join(" or ");
  const message = `the link ${name} joins ${link.host} and ${link.endpoint}, and this is about "${machine}"; expected ${links}.`;
  return [{ path, key: false, message }];
}

/** Traffic over a direct network that is not there, or is not between these machines. */
function withoutDirectNetwork(
  between: unknown,
  topology: Pick<Topology, "direct-network" | "links">,
  path: readonly PropertyKey[],
): Mistake[] {
  const ends = directEnds(topology);
  if (!ends) {
    const message = 'the topology has no such network; expected "direct-network" there.';
    return [{ path, key: false, message }];
  }
  if (!Array.isArray(between) || ends.every((end) => between.includes(end))) return [];
  const message = `expected it between ${ends.join(" and ")}, whose network it is, got ${between.join(" and ")}.`;
  return [{ path, key: false, message }];
}

function noMachine(
  name: string,
  allowed: readonly string[],
  path: readonly PropertyKey[],
): Mistake {
  const message = `no machine is named "${name}"; expected one of ${allowed.join(", ")}.${suggestion(name, allowed)}`;
  return { path, key: false, message };
}

interface Found {
  readonly path: readonly PropertyKey[];
  readonly names: Named | NamedTogether;
  readonly value: unknown;
}

/** All such fields, those of groups and lists inside, too. A field that is left away has no value. */
function found(schema: unknown, value: unknown, path: readonly PropertyKey[]): Found[] {
  const type = unwrapped(schema);
  const named = type instanceof z.ZodType ? graphFields.get(type) : undefined;
  if (named) return [{ path, names: named.names, value }];
  if (type instanceof z.ZodObject && typeof value === "object" && value !== null) {
    const all = Object.entries(type.shape).flatMap(([field, inner]) =>
      found(inner, Reflect.get(value, field), [...path, field]),
    );
    const direct = all.find(isDirect);
    const between = all.find(isWay);
    const link = all.find(({ names, value: name }) => names === "link" && name !== undefined);
    if (link && direct) return [{ ...link, names: "link and direct" }];
    if (link && between) return [{ ...link, names: "link and between" }];
    const machine = link && all.find((field) => isBeside(field, link));
    const others = all.filter(({ names }) => !["link", "between", "network"].includes(names));
    if (direct) return [...others, { ...direct, value: between?.value }];
    return [
      ...all.filter(({ names }) => names !== "network" && !(names === "link" && between)),
      ...(machine
        ? [{ ...link, names: "link of machine" as const, value: [machine.value, link.value] }]
        : []),
    ];
  }
  if (type instanceof z.ZodArray && Array.isArray(value)) {
    return value.flatMap((one, index) => found(type.element, one, [...path, index]));
  }
  return [];
}

/** Two machines stand in place of a link. */
function isWay({ names, value }: Found): boolean {
  return names === "between" && value !== undefined;
}

/** A machine that a step names beside a link, not inside of what goes on meanwhile. */
function isBeside({ names, value, path }: Found, link: Found): boolean {
  return names === "machine" && value !== undefined && path.length === link.path.length;
}

/** The network that needs no link. */
function isDirect({ names, value }: Found): boolean {
  return names === "network" && value === "direct";
}

function unwrapped(schema: unknown): unknown {
  const wrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return wrapped ? unwrapped(schema.unwrap()) : schema;
}
