// SPDX-License-Identifier: MIT
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

/** Where the files of a scenario lie in a bundle. */
export interface ComposedScenario {
  readonly file: string;
  readonly parts: string;
}

const parts = "scenario/parts";
const files = "scenario/files";

/**
 * Copies a scenario's file (the first) and all that it includes into `top`, so that each includes the others there as it
 * did: those of the parts' directory into one, the rest as they lie to each other.
 */
export async function copyScenario(
  all: readonly string[],
  partsDirectory: string,
  top: string,
): Promise<ComposedScenario> {
  const isPart = (file: string) => file.startsWith(partsDirectory + sep);
  const base = commonDirectory(all.filter((file) => !isPart(file)));
  const placeOf = (file: string) =>
    isPart(file) ? join(parts, relative(partsDirectory, file)) : join(files, relative(base, file));
  for (const file of all) {
    const to = join(top, placeOf(file));
    await mkdir(dirname(to), { recursive: true });
    await copyFile(file, to);
  }
  const [own] = all;
  if (own === undefined) throw new Error("a scenario has a file");
  return { file: placeOf(own), parts };
}

/** The directory that holds all files, however deep. */
function commonDirectory(all: readonly string[]): string {
  const [first = "", ...others] = all.map((file) => dirname(file).split(sep));
  const split = [first].flat();
  const same = split.findIndex((name, index) => others.some((other) => other[index] !== name));
  return split.slice(0, same < 0 ? split.length : same).join(sep) || sep;
}
