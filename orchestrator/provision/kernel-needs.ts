// SPDX-License-Identifier: MIT
//
// What a scenario needs of a guest's kernel, looked up before anything boots.

import { readFile } from "node:fs/promises";
import type { GuestArtifacts } from "./artifacts.ts";
import { parseFragment } from "./kernel-config.ts";
import { hasFeature, kernelFeatures } from "./kernel-features.ts";

/**
 * One sentence for each need that the guest's kernel does not meet. A need is a configuration symbol that must be set
 * (`CONFIG_NTB`) or have a value (`CONFIG_NTB=m`), a feature (see kernel-features.ts), or a module's name.
 */
export async function unmetNeeds(
  guest: GuestArtifacts,
  needs: readonly string[],
): Promise<string[]> {
  if (needs.length === 0) return [];
  const { kernel, lacks, modules } = guest;
  const config = new Map<string, string>();
  for (const { symbol, value } of parseFragment(".config", await readFile(kernel.config, "utf8"))) {
    config.set(symbol, value);
  }
  const told: string[] = [];
  for (const need of new Set(needs)) {
    const lack = lacks.find(({ name }) => name === need.split("=")[0]);
    if (lack !== undefined) told.push(`${need}: ${lack.reason}`);
    else if (need.startsWith("CONFIG_")) told.push(...unmetSymbol(config, need));
    else if (need in kernelFeatures) {
      if (await hasFeature(kernel.sourceDir, need)) continue;
      told.push(`${need}: ${kernelFeatures[need]?.absence ?? ""}`);
    } else if (!modules.includes(need.replaceAll("-", "_"))) {
      told.push(`${need}: there is no such module, and no kernel feature of that name`);
    }
  }
  return told;
}

function unmetSymbol(config: ReadonlyMap<string, string>, need: string): string[] {
  const [symbol = "", wanted] = need.split("=", 2);
  const actual = config.get(symbol) ?? "n";
  if (wanted === undefined ? actual !== "n" : actual === wanted) return [];
  const asked = wanted === undefined ? "set" : wanted;
  return [`${symbol}: must be ${asked}, and is ${actual === "n" ? "not set" : actual}`];
}
