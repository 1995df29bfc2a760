// SPDX-License-Identifier: MIT
import { parseArgs } from "node:util";
import { UsageError } from "../../errors.ts";
import { suggestion } from "../../scenario/nearest.ts";

/** A flag of a command, as `parseArgs` wants it and as the command's help tells it. */
export interface Flag {
  readonly type: "string" | "boolean";
  /** May be given several times; its value is a list. */
  readonly multiple?: boolean;
  readonly short?: string;
  /** What stands for the value in the help, such as DIR. */
  readonly value?: string;
  /** In the help; a line break in it is one there. */
  readonly help?: string;
  /** A value that means the same in any directory; the value itself where this is not given. */
  readonly anywhere?: (word: string, directory: string) => string;
}

export type Flags = Readonly<Record<string, Flag>>;

/** For every command. */
export const helpFlag = { help: { type: "boolean", short: "h", help: "this text" } } as const;

/**
 * A command's flags and its words. Throws UsageError, with the near one, for a flag that it does not have, and for one
 * that npm has kept.
 */
export function parseFlags<const Declared extends Flags>(
  args: readonly string[],
  options: Declared,
  env: Readonly<Record<string, string | undefined>> = process.env,
) {
  const declaredFlags: Flags = options;
  const kept = keptByNpm(Object.keys(options), env);
  if (kept !== undefined) throw new UsageError(kept);
  const loose = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of loose.tokens) {
    if (token.kind !== "option") continue;
    const declared = Object.hasOwn(declaredFlags, token.name)
      ? declaredFlags[token.name]
      : undefined;
    if (!declared) throw new UsageError(unknownFlag(token.rawName, Object.keys(options)));
    if (
      declared.type === "string" &&
      (token.value === undefined || (!token.inlineValue && token.value.startsWith("-")))
    ) {
      const example = declared.value === undefined ? "" : `: --${token.name} ${declared.value}`;
      throw new UsageError(`the flag --${token.name} needs a value${example}`);
    }
    if (declared.type === "boolean" && token.value !== undefined) {
      throw new UsageError(`the flag --${token.name} takes no value, got "${token.value}"`);
    }
  }
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

/** The same; undefined where help was all that was asked for, and has been printed. */
export function flagsOrHelp<const Declared extends Flags>(
  args: readonly string[],
  options: Declared,
  help: () => string,
) {
  const parsed = parseFlags(args, options);
  if (!("help" in parsed.values)) return parsed;
  process.stdout.write(help());
  return undefined;
}

/** npm takes flags for its own unless they stand behind two dashes, without a word, and shows them to what it starts. */
function keptByNpm(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (env.npm_lifecycle_script?.startsWith("./ntb-edma-lab ") !== true) return undefined;
  const kept = names.filter((name) => env[`npm_config_${name.replaceAll("-", "_")}`] !== undefined);
  if (kept.length === 0) return undefined;
  const flags = kept.map((name) => `--${name}`).join(", ");
  return `npm took ${flags} for its own: flags go behind two dashes, as in "npm run ${env.npm_lifecycle_event} -- ${flags}"`;
}

function unknownFlag(given: string, known: readonly string[]): string {
  const names = known.map((name) => `--${name}`);
  const near = suggestion(given, names);
  if (near !== "") return `unknown flag ${given}.${near}`;
  return `unknown flag ${given}; expected one of ${names.join(", ")}.`;
}

/** The flags as lines of a command's help. */
export function flagRows(flags: Flags): string {
  const heads = Object.entries(flags).map(([name, { value, help = "" }]) => ({
    head: `--${name}${value === undefined ? "" : ` ${value}`}`,
    help,
  }));
  const width = Math.max(...heads.map(({ head }) => head.length));
  return heads
    .map(({ head, help }) => {
      const [first, ...more] = help.split("\n");
      const indent = " ".repeat(width + 4);
      return `  ${head.padEnd(width)}  ${first}\n${more.map((line) => `${indent}${line}\n`).join("")}`;
    })
    .join("");
}

type FlagValue = string | boolean | readonly string[] | undefined;

/** The words that give the same values to these flags again, each as `write` has it. */
export function flagWords<Declared extends Flag>(
  flags: Readonly<Record<string, Declared>>,
  values: Readonly<Record<string, FlagValue>>,
  write: (flag: Declared, word: string) => string = (_flag, word) => word,
): string[] {
  return Object.entries(flags).flatMap(([name, flag]) => {
    const value = values[name];
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    return [value].flat().flatMap((word) => [`--${name}`, write(flag, word)]);
  });
}

/** A positive number given to a flag. */
export function positiveNumber(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`expected a number above 0 for --${flag}, got "${text}"`);
}

/** A whole number, 0 or more, given to a flag. */
export function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`expected a whole number, 0 or more, for --${flag}, got "${text}"`);
}

/** A whole number above 0 given to a flag. */
export function count(flag: string, text: string): number {
  if (/^0*[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError(`expected a whole number above 0 for --${flag}, got "${text}"`);
}

/** One of a few words given to a flag. */
export function oneOf<const Word extends string>(
  flag: string,
  text: string,
  words: readonly Word[],
): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const near = suggestion(text, words);
  throw new UsageError(`expected one of ${words.join(", ")} for --${flag}, got "${text}".${near}`);
}
