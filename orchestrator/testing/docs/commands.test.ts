// SPDX-License-Identifier: MIT
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { runCommand } from "../../cli/commands.ts";
import { projectDirectory, scenarioDirectory } from "../../project.ts";
import { readPlan } from "../../run/read-plan.ts";
import { findScenario } from "../../scenario/catalogue.ts";
import { linesOf, type Page, pages } from "./pages.ts";

/** A command of this program as a page prints it. */
interface Printed {
  readonly line: string;
  readonly command: string;
  readonly words: readonly string[];
  /** npm takes flags for itself unless they stand behind two dashes. */
  readonly lostFlags: readonly string[];
}

const scripts = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(projectDirectory, "package.json"), "utf8"))).scripts;

function printedIn(page: Page): Printed[] {
  const lines = linesOf(page);
  const inText = lines.filter(({ code }) => !code).flatMap(({ text }) => scenariosIn(text));
  return [...lines.filter(({ code }) => code).map(({ text }) => text), ...inText].flatMap(
    (text) => parsed(text) ?? [],
  );
}

/** Scenarios that a text or table names, with their flags if it says some, as commands. */
function scenariosIn(text: string): string[] {
  const named =
    /`((?:repro|upstream)\/[\w-]+|[\w/-]+(?= --(?:variant|patches|set)\b))( --[^`]*)?`/g;
  return [...text.matchAll(named)]
    .filter(([, name = ""]) => scripts[name] === undefined)
    .map(([, name, flags = ""]) => `./ntb-edma-lab scenario ${name}${flags}`);
}

function parsed(line: string): Printed | undefined {
  const bare = line.replace(/(^|\s)#.*$/, "").trim();
  const match =
    /^(?:[A-Z_]+=\S+ )*(?:\.\/ntb-edma-lab|(npm run|npm test))(?: (.*))?$/.exec(bare) ?? undefined;
  if (!match) return undefined;
  const words = [...(match[2] ?? "").matchAll(/'[^']*'|"[^"]*"|\S+/g)].map(([word]) => word);
  if (match[1] === undefined) {
    const [command = "", ...rest] = words;
    const end = rest.indexOf("--");
    return { line, command, words: end < 0 ? rest : rest.slice(0, end), lostFlags: [] };
  }
  const command = match[1] === "npm test" ? "test" : (words.shift() ?? "");
  const end = words.indexOf("--");
  const before = end < 0 ? words : words.slice(0, end);
  const lostFlags = before.filter((word) => word.startsWith("--"));
  return {
    line,
    command,
    words: end < 0 ? words : [...before, ...words.slice(end + 1)],
    lostFlags,
  };
}

/** The flags of a command, by its own help, and whether they take a value. */
const flagsOf = memoized(async (command: string) => {
  let said = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const status = await runCommand([command, "--help"]).finally(() => write.mockRestore());
  expect(status, `ntb-edma-lab ${command} --help`).toBe(0);
  return new Map(
    [...said.matchAll(/^ {2}--([a-z-]+)( \S+)?/gm)].map(([, name = "", value]) => [
      name,
      value !== undefined,
    ]),
  );
});

function memoized<Value>(make: (key: string) => Promise<Value>) {
  const made = new Map<string, Promise<Value>>();
  return (key: string) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

afterAll(() => vi.restoreAllMocks());

/** Of vitest, which `npm test` hands what it does not know. */
const vitestFlags = ["inspect-brk", "no-file-parallelism"];

/** What is wrong with a command as it is printed. */
async function mistakesOf({ line, command, words, lostFlags }: Printed): Promise<string[]> {
  if (!["--help", ...Object.keys(scripts)].includes(command) && /^npm/.test(line.trim())) {
    return [`${line}: no script ${command}`];
  }
  const script = scripts[command];
  if (script !== undefined && !script.startsWith("./ntb-edma-lab")) return [];
  const mistakes = lostFlags.map((flag) => `${line}: npm takes ${flag} for itself`);
  const flags = await flagsOf(command);
  const names: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const name = /^--([a-z-]+)/.exec(word)?.[1];
    if (name === undefined) names.push(word);
    else if (flags.has(name)) at += flags.get(name) && !word.includes("=") ? 1 : 0;
    else if (command !== "test" || !vitestFlags.includes(name)) {
      mistakes.push(`${line}: ${command} has no flag --${name}`);
    }
  }
  if (command !== "scenario") return mistakes;
  const scenarios = names.filter((name) => !/^(?:run|list|[A-Z./]+|.*\.yaml|.*\.\.\.)$/.test(name));
  const variants = valuesOf(words, "variant");
  for (const name of scenarios) {
    const found = findScenario(name, scenarioDirectory, projectDirectory);
    if ("message" in found) {
      mistakes.push(`${line}: ${found.message}`);
      continue;
    }
    const known = readPlan(found.file).variants.map(({ variant }) => variant);
    const strange = variants.filter((variant) => !known.includes(variant));
    mistakes.push(...strange.map((variant) => `${line}: ${name} has no variant ${variant}`));
  }
  const patches = valuesOf(words, "patches").filter((file) => /^(?:scenarios|docs)\//.test(file));
  const missing = patches.filter((file) => !existsSync(join(projectDirectory, file)));
  return [...mistakes, ...missing.map((file) => `${line}: there is no ${file}`)];
}

function valuesOf(words: readonly string[], flag: string): string[] {
  return words.filter((_, at) => words[at - 1] === `--${flag}`);
}

test.each(pages.map((page) => [page.file, page] as const))(
  "commands that %s prints have these names, scenarios and flags",
  async (_file, page) => {
    const mistakes: string[] = [];
    for (const printed of printedIn(page)) mistakes.push(...(await mistakesOf(printed)));
    expect(mistakes).toEqual([]);
  },
);
