// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve, sep } from "node:path";
import { parse } from "yaml";
import { suggestion } from "./nearest.ts";

/** A scenario that the project brings, as the list of scenarios shows it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  readonly file: string;
  /** What its kernel has beyond every other one's, as far as its own file says. */
  readonly configFragments: readonly string[];
  /** The project's own patches that are on its kernel, likewise. */
  readonly patches: readonly string[];
}

/** Below the scenarios' directory: what scenarios include, which is none by itself. */
const parts = `parts${sep}`;

/**
 * The scenarios in a directory and those below it, by name (`smoke`, `repro/vntb-unbind`). Reads titles only;
 * validation is loadScenario's task.
 */
export function listScenarios(directory: string): CatalogueEntry[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yaml") && !file.startsWith(parts))
    .sort()
    .map((file) => ({
      ...headOf(readFileSync(join(directory, file), "utf8")),
      name: file.slice(0, -".yaml".length).replaceAll(sep, "/"),
      file: join(directory, file),
    }));
}

/** A title as nearly all are: on one line, without anything that means something to YAML. */
const plainTitle = /^title: +([A-Za-z0-9](?:[^\n:#]|:(?! )|(?<! )#)*)$(?!\n[ \t])/m;

type Head = Pick<CatalogueEntry, "title" | "configFragments" | "patches">;

/** Parsing all files as YAML would take most of the time in which a person gets the list. */
function headOf(text: string): Head {
  const title = plainTitle.exec(text)?.[1]?.trim();
  const plain = title !== undefined && !/^"?(?:config-fragments|patches)/m.test(text);
  return plain ? { title, configFragments: [], patches: [] } : parsedHead(text);
}

function parsedHead(text: string): Head {
  try {
    const value: unknown = parse(text);
    const group = typeof value === "object" && value !== null ? value : {};
    const title: unknown = Reflect.get(group, "title");
    const namesIn = (field: string): string[] => {
      const names: unknown = Reflect.get(group, field);
      return Array.isArray(names) ? names.map(String) : [];
    };
    return {
      title: typeof title === "string" ? title.trim() : "(no title)",
      configFragments: namesIn("config-fragments"),
      patches: namesIn("patches"),
    };
  } catch {
    return { title: "(not valid YAML)", configFragments: [], patches: [] };
  }
}

/**
 * The file of a scenario given by name (`remote-edma`, `repro/vntb-unbind`) or by path (`my.yaml`, relative to `from`).
 * Otherwise the message that says what was looked for and what is near.
 */
export function findScenario(
  given: string,
  directory: string,
  from: string,
): { file: string } | { message: string } {
  if (/\.ya?ml$/.test(given)) {
    const file = resolve(from, given);
    if (existsSync(file)) return { file };
    return { message: `no scenario file ${file}` };
  }
  const scenarios = listScenarios(directory);
  const found =
    scenarios.find(({ name }) => name === given) ??
    scenarios.find(({ name }) => basename(name) === given);
  if (found) return { file: found.file };
  const names = scenarios.map((entry) => entry.name);
  const near = suggestion(given, names);
  if (near !== "") return { message: `unknown scenario "${given}".${near}` };
  return {
    message: `unknown scenario "${given}"; expected one of ${names.join(", ")}, or the path of a .yaml file.`,
  };
}
