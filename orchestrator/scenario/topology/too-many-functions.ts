// SPDX-License-Identifier: MIT
import type { Mistake } from "../explain.ts";
import { functionsOfProfile } from "./controller.ts";
import type { Link, Topology } from "./topology.ts";

/** More functions than the controllers can have. */
export function tooManyFunctions({ topology }: { readonly topology: Topology }): Mistake[] {
  return topology.links.flatMap((link) => tooManyAt(link, topology));
}

function tooManyAt({ controller, at }: Link, { time }: Topology): Mistake[] {
  const { functions, profile } = controller;
  if (functions === 1) return [];
  const told = (expected: string): Mistake[] => [
    {
      path: ["topology", ...at, "controller", "functions"],
      key: false,
      message: `expected ${expected}, got ${functions}.`,
    },
  ];
  if (time === "virtual") return told('1 with "time: virtual"');
  const most = functionsOfProfile[profile] ?? 1;
  if (functions <= most) return [];
  if (most > 1) return told(`${most} at most with "profile: ${profile}"`);
  const able = Object.keys(functionsOfProfile).join(" or ");
  return told(
    `1 with "profile: ${profile}", for which Linux's driver knows the registers of one alone (${able} has more)`,
  );
}
