// SPDX-License-Identifier: MIT
//
// What a scenario needs of a guest's kernel, looked up before anything boots.

import { readFile } from "node:fs/promises";
import type { GuestArtifacts } from "../../artifacts.ts";
import { fragmentFile, fragmentNames } from "../../config-fragments.ts";
import { parseFragment } from "./kernel-config.ts";
import { kernelFeatures } from "./kernel-features.ts";
import { kselftestLacks, kselftestNames } from "./kselftests.ts";
import { moduleSymbol } from "./module-symbol.ts";

/** Any transport that can use a remote eDMA: the project's, or one that the kernel's tree brings. */
const REMOTE_EDMA = "remote-edma";

/** What a module of the project's is called among what a kernel lacks: the tree may have one of the same name. */
export function ofLab(module: string): string {
  return `lab:${module}`;
}

/**
 * One sentence for each need that the guest's kernel does not meet. A need is a configuration symbol that must be set
 * (`CONFIG_NTB`) or have a value (`CONFIG_NTB=m`; `n` where it is not set), a feature (see kernel-features.ts), a module's name, a kselftest's path
 * or `remote-edma`, a transport that can use one.
 */
export async function unmetNeeds(
  guest: GuestArtifacts,
  needs: readonly string[],
): Promise<string[]> {
  if (needs.length === 0) return [];
  const { kernel, facts, lacks, modules, superseded } = guest;
  const config = new Map<string, string>();
  for (const { symbol, value } of parseFragment(".config", await readFile(kernel.config, "utf8"))) {
    config.set(symbol, value);
  }
  const told: string[] = [];
  for (const need of new Set(needs)) {
    const asked = need === REMOTE_EDMA ? ofLab("ntb_transport") : need.split("=", 1)[0];
    const lack = lacks.find(({ name }) => name === asked);
    const module = need.replaceAll("-", "_");
    const feature = kernelFeatures[need];
    if (lack !== undefined) told.push(`${need}: ${lack.reason}`);
    else if (need === REMOTE_EDMA || modules.includes(module)) continue;
    else if (kselftestNames.includes(need)) {
      const absent = kselftestLacks(facts.tests).find(({ name }) => name === need);
      if (absent !== undefined) told.push(`${need}: ${absent.reason}`);
    } else if (need.startsWith("CONFIG_")) {
      for (const sentence of unmetSymbol(config, need)) {
        told.push(`${sentence} (${await whatSets(need)})`);
      }
    } else if (feature !== undefined) {
      if (!facts.features.includes(need)) told.push(`${need}: ${feature.absence}`);
    } else {
      const own = lacks.find(({ name }) => name === ofLab(module));
      const given = superseded.find(({ name }) => name === module);
      const why = own?.reason ?? (given && `${given.reason}; its modules go under \`transport\``);
      told.push(`${need}: ${why ?? (await absentModule(module, config, facts.source))}`);
    }
  }
  return told;
}

/** What a person can do for a symbol. */
async function whatSets(need: string): Promise<string> {
  const [symbol = "", wanted] = need.split("=", 2);
  if (wanted === "n") return "this is for kernels without it, such as the pinned one";
  for (const name of fragmentNames) {
    const wishes = parseFragment(name, await readFile(fragmentFile(name), "utf8"));
    if (wishes.some((wish) => wish.symbol === symbol && wish.value !== "n")) {
      return `--config-fragment ${name} sets it, and so does config-fragments: [${name}] in the scenario`;
    }
  }
  return "--config-fragment FILE can set it";
}

/** Why a module is not there, by the tree that would build it. */
async function absentModule(
  module: string,
  config: ReadonlyMap<string, string>,
  source: string,
): Promise<string> {
  const builds = await moduleSymbol(source, module);
  if (builds === undefined) return "there is no such module, and no kernel feature of that name";
  const { symbol, makefile } = builds;
  const is = config.get(symbol) ?? "n";
  const now = is === "n" ? "is not set" : `is ${is}`;
  return `${makefile} builds this module for ${symbol}, which ${now}; ${await whatSets(symbol)}`;
}

function unmetSymbol(config: ReadonlyMap<string, string>, need: string): string[] {
  const [symbol = "", wanted] = need.split("=", 2);
  const actual = config.get(symbol) ?? "n";
  if (wanted === undefined ? actual !== "n" : actual === wanted) return [];
  const asked = wanted === undefined ? "set" : wanted === "n" ? "not set" : wanted;
  return [`${symbol}: must be ${asked}, and is ${actual === "n" ? "not set" : actual}`];
}
