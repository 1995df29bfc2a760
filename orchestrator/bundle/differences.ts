// SPDX-License-Identifier: MIT
import type { Machine } from "./manifest.ts";

/** What a run was made with. */
export interface Surroundings {
  readonly versions: Readonly<Record<string, string>>;
  readonly accelerator: string;
  readonly machine: Machine;
}

export interface Difference {
  readonly what: string;
  readonly there: string;
  readonly here: string;
}

/** Versions by the names that people know. */
const names: Readonly<Record<string, string>> = {
  lab: "project",
  qemu: "QEMU",
  kernel: "kernel",
  kernelPatches: "patches on the kernel",
  configFragments: "configuration fragments",
  kernelConfig: "configuration",
  kernelCompiler: "kernel's compiler",
  hostCompiler: "host's compiler",
};

/** Everything that is not the same on both sides; what only one of them has counts as such. */
export function differences(there: Surroundings, here: Surroundings): Difference[] {
  const one = flat(there);
  const other = flat(here);
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((what) => {
    const [before = "unknown", now = "unknown"] = [one[what], other[what]];
    return before === now ? [] : [{ what, there: before, here: now }];
  });
}

function flat({ versions, accelerator, machine }: Surroundings): Record<string, string> {
  const known = Object.entries(versions).map(([name, version]) => [names[name] ?? name, version]);
  return { ...Object.fromEntries(known), accelerator, ...machine };
}

/** Symbols that two configurations of a kernel do not agree on, as `CONFIG_X: y, here n`. */
export function configDifferences(there: string, here: string): string[] {
  const [one, other] = [symbols(there), symbols(here)];
  return [...new Set([...one.keys(), ...other.keys()])].sort().flatMap((symbol) => {
    const [before = "n", now = "n"] = [one.get(symbol), other.get(symbol)];
    return before === now ? [] : [`${symbol}: ${before}, here ${now}`];
  });
}

function symbols(config: string): Map<string, string> {
  return new Map(
    [...config.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(([, symbol = "", value = ""]) => [
      symbol,
      value,
    ]),
  );
}
