// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parse } from "yaml";
import { suggestion } from "./nearest.ts";

/** A scenario that the project brings, as the list of scenarios shows it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  readonly file: string;
}

/** The scenarios in a directory, by name. Reads titles only; validation is loadScenario's task. */
export function listScenarios(directory: string): CatalogueEntry[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => ({
      name: basename(file, ".yaml"),
      title: titleOf(join(directory, file)),
      file: join(directory, file),
    }));
}

/** A title as nearly all are: on one line, without anything that means something to YAML. */
const plainTitle = /^title: +([A-Za-z0-9](?:[^\n:#]|:(?! )|(?<! )#)*)$(?!\n[ \t])/m;

/** Parsing all files as YAML would take most of the time in which a person gets the list. */
function titleOf(file: string): string {
  const text = readFileSync(file, "utf8");
  return plainTitle.exec(text)?.[1]?.trim() ?? parsedTitle(text);
}

function parsedTitle(text: string): string {
  try {
    const value: unknown = parse(text);
    const title = typeof value === "object" && value !== null ? Reflect.get(value, "title") : "";
    return typeof title === "string" ? title.trim() : "(no title)";
  } catch {
    return "(not valid YAML)";
  }
}

/**
 * The file of a scenario given by name (`remote-edma`) or by path (`my.yaml`, relative to `from`).
 * Otherwise the message that says what was looked for and what is near.
 */
export function findScenario(
  given: string,
  directory: string,
  from: string,
): { file: string } | { message: string } {
  const isPath = given.includes("/") || /\.ya?ml$/.test(given);
  if (isPath) {
    const file = resolve(from, given);
    if (existsSync(file)) return { file };
    return { message: `no scenario file ${file}` };
  }
  const file = join(directory, `${given}.yaml`);
  if (existsSync(file)) return { file };
  const names = listScenarios(directory).map((entry) => entry.name);
  const near = suggestion(given, names);
  if (near !== "") return { message: `unknown scenario "${given}".${near}` };
  return {
    message: `unknown scenario "${given}"; expected one of ${names.join(", ")}, or the path of a .yaml file.`,
  };
}
