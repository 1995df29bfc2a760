// SPDX-License-Identifier: MIT
import * as z from "zod";
import { suggestion } from "./nearest.ts";
import type { Path } from "./positions.ts";

/** One mistake, before it has a position. With `key` the position is that of the key, not its value. */
export interface Mistake {
  readonly path: Path;
  readonly key: boolean;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** Turns what zod found in `value` into sentences of the form: expected this, got that, did you mean. */
export function explain(schema: z.ZodType, value: unknown, issue: Issue): Mistake[] {
  const found = valueAt(value, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = fieldsAt(schema, issue.path, value);
    return issue.keys.map((name) => ({
      path: [...issue.path, name],
      key: true,
      message: `unknown field "${name}"; expected one of ${known.join(", ")}.${suggestion(name, known)}`,
    }));
  }
  if (issue.code === "invalid_key") {
    const wanted = issue.issues[0]?.message ?? "expected another name";
    const message = `${wanted}, got "${String(issue.path.at(-1))}".`;
    return [{ path: issue.path, key: true, message }];
  }
  if (found === undefined && issue.path.length > 0) {
    return [{ path: issue.path, key: false, message: `missing; ${expected(issue)}` }];
  }
  // What is said of several fields together is not about any value.
  if (issue.code === "custom" && typeof found === "object") {
    return [{ path: issue.path, key: false, message: `${expected(issue)}.` }];
  }
  const near =
    issue.code === "invalid_value" && typeof found === "string"
      ? suggestion(found, issue.values.map(String))
      : "";
  const message = `${expected(issue)}, got ${show(found)}.${near}`;
  return [{ path: issue.path, key: false, message }];
}

function expected(issue: Issue): string {
  if (issue.message.startsWith("expected ")) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${words[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}`;
    case "too_small":
      if (issue.origin === "string" || issue.origin === "array") {
        return `expected at least ${issue.minimum} ${issue.origin === "array" ? "entries" : "characters"}`;
      }
      return `expected ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `expected ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_format":
      return `expected text that matches ${issue.pattern ?? issue.format}`;
    default:
      return `expected something else: ${issue.message}`;
  }
}

const words: Record<string, string> = {
  string: "text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a group of fields",
  record: "a group of fields",
};

function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "nothing";
  if (typeof value === "object") return "a group of fields";
  return typeof value === "string" ? `"${value}"` : String(value);
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

/** Names of the fields that the schema allows at `path`; of alternatives those that `value` is one of by its tag. */
export function fieldsAt(schema: z.ZodType, path: Path, value?: unknown): string[] {
  let current = chosen(schema, value);
  for (const [index, part] of path.entries()) {
    const inner = valueAt(value, path.slice(0, index + 1));
    if (current instanceof z.ZodObject) current = chosen(current.shape[String(part)], inner);
    else if (current instanceof z.ZodArray) current = chosen(current.element, inner);
    else if (current instanceof z.ZodRecord) current = chosen(current.valueType, inner);
    else return [];
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** What is inside of a schema's wrappers; of alternatives the one whose tag the value has. */
function chosen(schema: unknown, value: unknown): unknown {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodDiscriminatedUnion)) return inner;
  const tag = inner.def.discriminator;
  return inner.options.find(
    (option) =>
      option instanceof z.ZodObject && option.shape[tag]?.safeParse(valueAt(value, [tag])).success,
  );
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodDefault) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPrefault) return unwrap(schema.unwrap());
  return schema;
}
