// SPDX-License-Identifier: MIT
import { type ParseArgsConfig, parseArgs } from "node:util";
import { UsageError } from "../run/errors.ts";
import { suggestion } from "../scenario/nearest.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** A command's flags and its words. Throws UsageError, with the near one, for a flag that it does not have. */
export function parseFlags<const Declared extends Options>(
  args: readonly string[],
  options: Declared,
) {
  const loose = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const known = Object.keys(options);
  for (const token of loose.tokens) {
    if (token.kind !== "option") continue;
    const declared = options[token.name];
    if (!declared) {
      const names = known.map((name) => `--${name}`);
      const near = suggestion(token.rawName, names);
      throw new UsageError(
        `unknown flag ${token.rawName}; expected one of ${names.join(", ")}.${near}`,
      );
    }
    if (
      declared.type === "string" &&
      (token.value === undefined || (!token.inlineValue && token.value.startsWith("-")))
    ) {
      throw new UsageError(`the flag --${token.name} needs a value`);
    }
    if (declared.type === "boolean" && token.value !== undefined) {
      throw new UsageError(`the flag --${token.name} takes no value, got "${token.value}"`);
    }
  }
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

/** A positive number given to a flag. */
export function positiveNumber(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`expected a number above 0 for --${flag}, got "${text}"`);
}

/** A whole number, 0 or more, given to a flag. */
export function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`expected a whole number, 0 or more, for --${flag}, got "${text}"`);
}
