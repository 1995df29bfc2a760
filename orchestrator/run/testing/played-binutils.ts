// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What tools tell of object files, which need not be there. Files are named without their directories. */
export interface PlayedObjects {
  /** `readelf -sW` of each: rows of `Num: Value Size Type Bind Vis Ndx Name`. */
  readonly symbols?: Readonly<Record<string, readonly string[]>>;
  /** `readelf -SW` of each: rows of `[Nr] Name`. */
  readonly sections?: Readonly<Record<string, readonly string[]>>;
  /** `addr2line -i`: what it prints for `FILE ADDRESS`, or `FILE SECTION ADDRESS` where it is asked for a section's. */
  readonly places?: Readonly<Record<string, readonly string[]>>;
}

/** Programs in the place of `readelf` and `addr2line`; gives what stands before their names. */
export function playBinutils(directory: string, objects: PlayedObjects = {}): string {
  const answers = join(directory, "answers");
  mkdirSync(answers, { recursive: true });
  const say = (name: string, lines: readonly string[]) =>
    writeFileSync(join(answers, name), lines.map((line) => `${line}\n`).join(""));
  for (const [file, rows] of Object.entries(objects.symbols ?? {})) say(`-sW ${file}`, rows);
  for (const [file, rows] of Object.entries(objects.sections ?? {})) say(`-SW ${file}`, rows);
  for (const [asked, lines] of Object.entries(objects.places ?? {})) say(asked, lines);
  const tool = (name: string, text: string) =>
    writeFileSync(join(directory, name), `#!/bin/sh\ncd ${answers}\n${text}\n`, { mode: 0o755 });
  const answer = (words: string) => `[ ! -f "./${words}" ] || cat "./${words}"`;
  tool("readelf", answer("$1 $(basename $2)"));
  // addr2line -i -e FILE [-j SECTION] ADDRESS
  tool("addr2line", `file=$(basename $3); shift 3; [ "$1" != -j ] || shift; ${answer("$file $*")}`);
  return `${directory}/`;
}
