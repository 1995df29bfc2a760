// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { scenarioDirectory } from "../../project.ts";
import { scenarioSchemaFile, scenarioSchemaText } from "./scenario-schema.ts";

const published = readFileSync(scenarioSchemaFile, "utf8");

test("the published schema is that of the code; npm run schema writes it anew", () => {
  expect(published).toBe(scenarioSchemaText());
});

const validate = new Ajv2020({ allowUnionTypes: true, validateFormats: false }).compile(
  JSON.parse(published),
);

describe("an editor that knows nothing but the published schema", () => {
  const files = ["", "repro"].flatMap((directory) =>
    readdirSync(join(scenarioDirectory, directory))
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => join(directory, file)),
  );
  test.each(files)("finds nothing wrong in %s, which names it", (file) => {
    const text = readFileSync(join(scenarioDirectory, file), "utf8");
    expect(validate(parse(text)), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    const schema = `${file.includes("/") ? "../" : ""}scenario.schema.json`;
    expect(text).toContain(`# yaml-language-server: $schema=${schema}\n`);
  });

  const small = { name: "small", title: "A title", include: "vntb" };
  test.each([
    ["an unknown field", { ...small, topolgy: {} }],
    ["no title", { name: "small" }],
    [
      "an unknown field of the controller",
      { ...small, topology: { controller: { "atu-aling": 4 } } },
    ],
    ["an unknown kind of step", { ...small, steps: [{ do: "pign" }] }],
    ["a step's unknown field", { ...small, steps: [{ do: "ping", cuont: 3 }] }],
    [
      "the same in rounds",
      { ...small, steps: [{ do: "rounds", times: 2, steps: [{ do: "ping", cuont: 3 }] }] },
    ],
    ["a check without an id", { ...small, checks: [{ check: "console-clean", title: "x" }] }],
  ])("sees %s", (_what, scenario) => {
    expect(validate(scenario)).toBe(false);
  });
  test("lets pass what includes may complete", () => {
    expect(validate({ ...small, function: { settings: { mw2_offset: 1 } } })).toBe(true);
  });
});
