// SPDX-License-Identifier: MIT

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lack } from "../../artifacts.ts";
import type { KernelTree } from "../trees/kernel-source.ts";

/** Where a tree keeps its transport, and what one that can use a remote eDMA has in it. */
const HOME = "drivers/ntb";
const REMOTE_EDMA = /use_remote_edma|ntb_transport_edma/;

/** The project's modules that a tree has better ones of its own for. */
export async function superseded({ directory, strict }: KernelTree): Promise<Lack[]> {
  if (strict) return [];
  const names = await readdir(join(directory, HOME), { recursive: true }).catch(() => []);
  for (const name of names.filter((path) => /(\.[ch]|Kconfig|Makefile)$/.test(path)).sort()) {
    const text = await readFile(join(directory, HOME, name), "utf8").catch(() => "");
    if (!REMOTE_EDMA.test(text)) continue;
    const reason = `the kernel's tree has a remote eDMA transport of its own (${HOME}/${name})`;
    return [{ name: "ntb_transport", reason }];
  }
  return [];
}
