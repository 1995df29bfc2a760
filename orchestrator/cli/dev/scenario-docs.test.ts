// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { checkKinds } from "../../checks/registry.ts";
import { commonCheckFields, commonStepFields } from "../../scenario/schema.ts";
import { duration, size } from "../../scenario/size.ts";
import { stepKinds } from "../../steps/registry.ts";
import { fieldRows } from "./field-rows.ts";
import { scenarioDocsFile, withGenerated } from "./scenario-docs.ts";

test("docs/scenarios.md has the kinds as the code has them; npm run schema writes them anew", () => {
  const page = readFileSync(scenarioDocsFile, "utf8");
  expect(page).toBe(withGenerated(page));
});

test("a page whose markers are gone is told of", () => {
  expect(() => withGenerated("# Scenarios\n")).toThrow("step kinds: written by npm run schema");
});

const common = [
  ["every step", z.strictObject(commonStepFields)],
  ["every check", z.strictObject(commonCheckFields)],
] as const;
const kinds = [...stepKinds.values(), ...checkKinds.values()].map(
  ({ kind, schema }) => [kind, schema] as const,
);

test.each([...common, ...kinds])("%s: each field says what it is", (_kind, schema) => {
  const silent = fieldRows(schema).filter(({ description }) => description === "");
  expect(silent.map(({ name }) => name)).toEqual([]);
});

describe("a row of a field", () => {
  const rows = (field: z.ZodType) =>
    fieldRows(z.strictObject({ field })).map(({ name, type, fallback, required }) => [
      ...[name, type, fallback ?? (required ? "needed" : "")],
    ]);
  test.each([
    ["a choice", z.enum(["a", "b"]).default("a"), ["`a`, `b`", "a"]],
    ["a whole number", z.int().min(1).max(5), ["whole number, 1 to 5", "needed"]],
    ["one without an end", z.int().min(1).optional(), ["whole number, 1 or more", ""]],
    ["a positive number", z.number().positive(), ["number, above 0", "needed"]],
    ["a size", size.prefault("4M"), ["size", "4M"]],
    ["a time or a word", z.union([z.literal("none"), duration]), ["`none` or time", "needed"]],
    ["a list", z.array(z.string()).default(["x", "y"]), ["list: text", "[x, y]"]],
    ["values", z.record(z.string(), z.int()), ["values by name: whole number", "needed"]],
  ])("%s", (_what, field, [type, fallback]) => {
    expect(rows(field)).toEqual([["field", type, fallback]]);
  });
  test("those inside a group, or inside the entries of a list, have rows of their own", () => {
    const inner = z.strictObject({ on: z.boolean() });
    expect(rows(inner.optional()).map(([name]) => name)).toEqual(["field", "field.on"]);
    expect(rows(z.array(inner)).map(([name]) => name)).toEqual(["field", "field[].on"]);
  });
});
