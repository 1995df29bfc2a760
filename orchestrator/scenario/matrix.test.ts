// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { parseScenario } from "./load.ts";
import { makePlan } from "./plan.ts";
import type { Vocabulary } from "./schema.ts";
import { mistakesOf } from "./testing/mistakes.ts";
import { profiles } from "./topology/controller.ts";

const vocabulary: Vocabulary = {
  steps: { ping: z.strictObject({ count: z.int().min(1).default(50) }) },
  checks: { "ping-loss": z.strictObject({ of: z.string(), max: z.int().default(0) }) },
  functions: () => [],
  moves: () => [],
  programs: () => [],
  references: (_kind, params) => [{ field: "of", id: String(params.of), kinds: ["ping"] }],
};

const text = `name: small
title: A small scenario
topology: { controller: { atu-align: 128 } }
function: { vendor: 1, device: 2, settings: { a: 1, b: 2 } }
matrix:
  plain:
    title: as it is
  other:
    title: another controller
    topology: { controller: { profile: uniphier-nx1, wr-channels: 0 } }
    function: { settings: { b: null, c: 3 } }
    steps:
      first: { count: 7 }
    checks:
      loss: { max: 2 }
steps:
  - { do: ping, as: first }
  - { do: ping, as: second, variants: [other] }
checks:
  - { check: ping-loss, id: loss, title: nothing is lost, of: first }
`;

function mistakes(changed: string): string[] {
  return mistakesOf(() => parseScenario(changed, "small.yaml", vocabulary));
}

describe("a matrix", () => {
  const { variants } = makePlan(parseScenario(text, "small.yaml", vocabulary));
  const [plain, other] = variants;

  test("makes a plan of each variant, in the file's order", () => {
    expect(variants.map(({ variant, title }) => `${variant}: ${title}`)).toEqual([
      "plain: as it is",
      "other: another controller",
    ]);
  });
  test("lays a variant over the scenario: groups merge, null takes away", () => {
    expect(other?.topology.links[0]?.controller).toMatchObject({
      ...{ profile: "uniphier-nx1", "wr-channels": 0, "atu-align": 128 },
    });
    expect(plain?.topology.links[0]?.controller).toMatchObject({
      profile: "plat",
      "ib-windows": 16,
    });
    expect(other?.function?.settings).toEqual({ a: 1, c: 3 });
    expect(plain?.function?.settings).toEqual({ a: 1, b: 2 });
  });
  test("changes steps and checks by their names", () => {
    expect(other?.steps[0]?.params).toEqual({ count: 7 });
    expect(plain?.steps[0]?.params).toEqual({ count: 50 });
    expect(other?.checks[0]?.params).toMatchObject({ max: 2 });
  });
  test("leaves out steps of other variants", () => {
    expect(plain?.steps.map((step) => step.id)).toEqual(["first"]);
    expect(other?.steps.map((step) => step.id)).toEqual(["first", "second"]);
  });
  test("is plain immutable data", () => {
    expect(Object.isFrozen(other?.function?.settings)).toBe(true);
    expect(structuredClone(variants)).toEqual(variants);
  });
});

describe("mistakes in a matrix are told where they stand", () => {
  test.each([
    [
      "in a variant's topology",
      text.replace("profile: uniphier-nx1", "profile: unifier-nx1"),
      [
        `small.yaml:10:40: matrix.other.topology.controller.profile: expected one of ${profiles.join(", ")}, got "unifier-nx1". Did you mean "uniphier-nx1"?`,
      ],
    ],
    [
      "an unknown field in a variant's controller",
      text.replace("wr-channels: 0", "wr-chanels: 0"),
      [
        /^small.yaml:10:54: matrix.other.topology.controller: unknown field "wr-chanels"; expected one of .* Did you mean "wr-channels"\?$/,
      ],
    ],
    [
      "an unknown field of a variant",
      text.replace("    title: as it is", "    titel: as it is"),
      [
        "small.yaml:7:5: matrix.plain.title: missing; expected text",
        /^small.yaml:7:5: matrix.plain: unknown field "titel"; expected one of title, topology, function, functions, needs, transport, known-noise, expect, fails, report, steps, checks. Did you mean "title"\?$/,
      ],
    ],
    [
      "in a step's override",
      text.replace("count: 7", "count: 0"),
      [
        "small.yaml:13:23: matrix.other.steps.first.count: expected at least 1, got 0.",
        'small.yaml:20:63: checks[0].of: no step is named "first" by its field "as".',
      ],
    ],
    [
      "an override of a step that is not there",
      text.replace("first: { count", "frist: { count"),
      [
        'small.yaml:13:7: matrix.other.steps: no step of this variant is named "frist" by its field "as". Did you mean "first"?',
      ],
    ],
    [
      "a step of a variant that is not there",
      text.replace("[other]", "[ohter]"),
      [
        'small.yaml:18:40: steps[1].variants[0]: no variant is named "ohter"; expected one of plain, other. Did you mean "other"?',
      ],
    ],
    [
      "a mistake of the scenario itself, once",
      text.replace("vendor: 1, ", ""),
      ["small.yaml:4:11: function.vendor: missing; expected a number"],
    ],
    [
      "a check of a step that the variant leaves out",
      text.replace("of: first", "of: second"),
      ['small.yaml:20:63: checks[0].of: no step is named "second" by its field "as".'],
    ],
    [
      "a variant's name",
      text.replace("  plain:", "  Plain:"),
      [
        'small.yaml:6:3: matrix: expected a name of lower-case letters, digits and dashes, got "Plain".',
      ],
    ],
  ])("%s", (_what, changed, expected) => {
    const told = mistakes(changed);
    expect(told).toHaveLength(expected.length);
    for (const [index, line] of expected.entries()) {
      if (typeof line === "string") expect(told[index]).toBe(line);
      else expect(told[index]).toMatch(line);
    }
  });
});
