// SPDX-License-Identifier: MIT

import type { Lack } from "../../artifacts.ts";

/**
 * Which module a failed build of several is to be blamed on, from what make printed: the first error of the compiler or of
 * the modules' linker that names one of them. Undefined when it is none of theirs.
 */
export function blamedModule(
  output: readonly string[],
  names: readonly string[],
): Lack | undefined {
  for (const line of output) {
    const { path = "", message = "" } = (COMPILER.exec(line) ?? LINKER.exec(line))?.groups ?? {};
    const name = names.find((candidate) => path.split("/").includes(candidate));
    if (name === undefined) continue;
    const reason = `it does not build for this kernel: ${message} (${path.slice(path.indexOf(name))})`;
    return { name, reason };
  }
  return undefined;
}

const COMPILER = /^(?<path>\S+?:\d+):(?:\d+:)? (?:fatal )?error: (?<message>.*)/;
const LINKER = /^ERROR: modpost: (?<message>"\w+") \[(?<path>\S+?)(?:\.ko)?\] undefined/;
