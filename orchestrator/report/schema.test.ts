// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { schemaFile, schemaText } from "./schema.ts";
import { failingRun, passingRun } from "./testing/samples.ts";

const published = readFileSync(schemaFile, "utf8");

test("the published schema is that of the code; npm run schema writes it anew", () => {
  expect(published).toBe(schemaText());
});

describe("a validator that knows nothing but the published schema", () => {
  // Formats are checked by zod when results are written; validators take them as notes.
  const validate = new Ajv2020({ allowUnionTypes: true, validateFormats: false }).compile(
    JSON.parse(published),
  );

  test.each([
    ["a run that passed", passingRun()],
    ["a run that failed", failingRun()],
    ["one with what later versions add", { ...passingRun(), later: true }],
    [
      "one from before there were times",
      { ...passingRun(), series: undefined, reproduce: undefined },
    ],
  ])("takes %s", (_what, result) => {
    expect(validate(JSON.parse(JSON.stringify(result)))).toBe(true);
  });

  test.each([
    ["another schema", { schema: 2 }],
    ["an unknown verdict", { verdict: "maybe" }],
    ["a check without an id", { checks: [{ title: "x" }] }],
    ["an exit status that is no integer", { exitStatus: 0.5 }],
    ["no duration", { durationMs: undefined }],
  ])("refuses %s", (_what, change) => {
    expect(validate(JSON.parse(JSON.stringify({ ...passingRun(), ...change })))).toBe(false);
  });
});
