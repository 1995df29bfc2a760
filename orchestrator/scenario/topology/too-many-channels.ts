// SPDX-License-Identifier: MIT
import type { Mistake } from "../explain.ts";
import { channelsOfProfile } from "./controller.ts";
import type { Link, Topology } from "./topology.ts";

/** Of each direction, where neither the scenario nor the profile says. */
const usual = 4;

/** More channels than a controller's glue lets interrupt the endpoint's CPUs: the last ones would be silent. */
export function tooManyChannels({ topology }: { readonly topology: Topology }): Mistake[] {
  return topology.links.flatMap((link) => tooManyAt(link));
}

function tooManyAt({ controller, at }: Link): Mistake[] {
  const { "wr-channels": write = usual, "rd-channels": read = usual, profile } = controller;
  const most = channelsOfProfile[profile];
  if (most === undefined || write + read <= most) return [];
  const field = controller["rd-channels"] === undefined ? "wr-channels" : "rd-channels";
  return [
    {
      path: ["topology", ...at, "controller", field],
      key: false,
      message: `expected ${most} channels of both directions together at most with "profile: ${profile}", whose glue knows the interrupts of no others, got ${write} write and ${read} read channels.`,
    },
  ];
}
