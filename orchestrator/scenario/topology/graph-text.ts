// SPDX-License-Identifier: MIT

import { formatSize } from "../size.ts";
import type { Controller } from "./controller.ts";
import { type LinkEnds, linksAt, type MachineName, machineOf, namesOf } from "./graph.ts";
import type { Link, Topology } from "./topology.ts";

/** A topology as a person looks at it: each host, and behind its links the endpoints. An endpoint with several hosts stands behind each. */
export function graphLines(topology: Topology): string[] {
  return namesOf(topology)
    .filter((name) => machineOf(topology, name).role === "host")
    .flatMap((host) => [nodeText(topology, host), ...branches(topology, linksAt(topology, host))]);
}

function branches(topology: Topology, links: readonly Link[]): string[] {
  return links.map((link, place) => {
    const corner = place === links.length - 1 ? "└" : "├";
    const endpoint = nodeText(topology, link.endpoint);
    return `${corner}─${nameOf(link)}─ ${endpoint}, ${controllerText(link.controller)}`;
  });
}

function nameOf({ name }: LinkEnds): string {
  return name === "" ? "" : ` ${name} `;
}

function nodeText(topology: Topology, name: MachineName): string {
  const machine = machineOf(topology, name);
  const { role, memory, cpus } = machine;
  const what = name === role ? name : `${name}: ${role}`;
  const joins = machine.role === "endpoint" && machine["joins-hosts"] ? ", joins its hosts" : "";
  return `${what}, ${formatSize(memory)}, ${cpus} ${cpus === 1 ? "CPU" : "CPUs"}${joins}`;
}

/** A profile has its own number of channels where none is given. */
function controllerText(controller: Controller): string {
  const { profile, functions } = controller;
  const [write, read] = [controller["wr-channels"], controller["rd-channels"]];
  const channels = [
    ...(write === undefined ? [] : [`${write} write`]),
    ...(read === undefined ? [] : [`${read} read`]),
  ];
  return [
    `controller ${profile}`,
    ...(channels.length > 0 ? [`${channels.join(" and ")} channels`] : []),
    ...(functions > 1 ? [`${functions} functions`] : []),
  ].join(", ");
}
