// SPDX-License-Identifier: MIT
import { parse } from "yaml";
import { type Diagnostic, ScenarioError } from "./diagnostics.ts";
import { entriesOf, listNames, nameOf } from "./entries.ts";
import { suggestion } from "./nearest.ts";
import type { Fields, Provenance, Source } from "./provenance.ts";

/**
 * What `--set KEY=VALUE` says, in the form that overrides have. KEY is a dotted path such as
 * `topology.host.memory`; a step goes by its `as` and a check by its `id`, dots and all
 * (`steps.edma.tcp.seconds`). VALUE is YAML; `null` takes the field away. Throws ScenarioError.
 */
export function readSettings(
  settings: readonly string[],
  scenario: unknown,
  provenance: Provenance,
): Fields {
  const mistakes: Diagnostic[] = [];
  let all: Fields = {};
  for (const setting of settings) {
    const [key = "", value] = split(setting);
    const file = `--set ${key}`;
    const bad = (message: string) =>
      mistakes.push({ file, line: 0, column: 0, where: "", message });
    if (key === "" || value === undefined) {
      bad(`expected KEY=VALUE such as topology.host.memory=2G, got "${setting}".`);
      continue;
    }
    const path = pathOf(key, scenario);
    if ("message" in path) {
      bad(path.message);
      continue;
    }
    try {
      const one = path.parts.reduceRight<unknown>(
        (inner, part) => ({ [part]: inner }),
        parse(value),
      );
      const source: Source = { file };
      provenance.adopt(one, source);
      // Nulls stay: they are to take away what the scenario has.
      all = provenance.merge(all, one, "stay") as Fields;
    } catch (error) {
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      bad(`not valid YAML: ${value}: ${reason}`);
    }
  }
  if (mistakes.length > 0) throw new ScenarioError(mistakes);
  return all;
}

function split(setting: string): [string, string?] {
  const at = setting.indexOf("=");
  return at < 0 ? [setting.trim()] : [setting.slice(0, at).trim(), setting.slice(at + 1)];
}

function pathOf(key: string, scenario: unknown): { parts: string[] } | { message: string } {
  const [field = "", ...rest] = key.split(".");
  if (field === "matrix" && rest.length > 1) {
    const inner = pathOf(rest.slice(1).join("."), scenario);
    return "message" in inner ? inner : { parts: [field, rest[0] ?? "", ...inner.parts] };
  }
  const list = listNames.find((known) => known === field);
  if (!list) return { parts: [field, ...rest] };
  const names = entriesOf(scenario, list)
    .map(({ entry }) => nameOf(list, entry))
    .filter((name) => typeof name === "string");
  const text = rest.join(".");
  const name = names
    .filter((known) => text.startsWith(`${known}.`))
    .sort((a, b) => b.length - a.length)[0];
  if (name !== undefined) {
    return { parts: [list, name, ...text.slice(name.length + 1).split(".")] };
  }
  const wanted = rest.slice(0, -1).join(".") || text;
  const one = list === "steps" ? "step" : "check";
  const known = names.length > 0 ? `; expected one of ${names.join(", ")}` : "";
  return {
    message: `no ${one} is named "${wanted}"${known}, and one of its fields.${suggestion(wanted, names)}`,
  };
}
