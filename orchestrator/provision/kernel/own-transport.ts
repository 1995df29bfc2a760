// SPDX-License-Identifier: MIT

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { KernelFacts, Lack } from "../../artifacts.ts";
import { ifAbsent, readIfThere } from "../work/files.ts";
import type { BuiltKernel } from "./kernel.ts";

/**
 * Where a tree keeps its transport, and what one that can use a remote eDMA has in it. What such a one is called is its author's
 * business: one that gives clients queue pairs, and is not upstream's, is the tree's own.
 */
const HOME = "drivers/ntb";
const UPSTREAM = "ntb_transport.c";
export const ownTransportPattern = /use_remote_edma|ntb_transport_edma/;
export const queuePairsPattern = /^EXPORT_SYMBOL(_GPL)?\(ntb_transport_create_queue\)/m;

/** A file, from the top of the tree, by which it has a transport of its own; undefined where it has none. */
export async function ownTransport(source: string): Promise<string | undefined> {
  for (const name of await namesBelow(join(source, HOME))) {
    const text = (await readIfThere(join(source, HOME, name))) ?? "";
    const gives = name !== UPSTREAM && queuePairsPattern.test(text);
    if (gives || ownTransportPattern.test(text)) return `${HOME}/${name}`;
  }
  return undefined;
}

/** The project's modules that a kernel's tree has better ones of its own for. */
export function superseded({ inputs }: BuiltKernel, facts: KernelFacts): Lack[] {
  if (inputs.source.strict || facts.ownTransport === undefined) return [];
  const reason = `the kernel's tree has a transport of its own (${facts.ownTransport})`;
  return [{ name: "ntb_transport", reason }];
}

async function namesBelow(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true }).catch(ifAbsent([]));
  return names.filter((path) => /(\.[ch]|Kconfig|Makefile)$/.test(path)).sort();
}
