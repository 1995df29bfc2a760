// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { parseScenario } from "./load.ts";
import { makePlan } from "./plan.ts";
import type { Vocabulary } from "./schema.ts";
import { mistakesOf } from "./testing/mistakes.ts";

const vocabulary: Vocabulary = {
  steps: { ping: z.strictObject({ count: z.int().min(1).default(50) }) },
  checks: { "ping-loss": z.strictObject({ of: z.string() }) },
  functions: () => [],
  moves: () => [],
  programs: () => [],
  references: (_kind, params) => [{ field: "of", id: String(params.of), kinds: ["ping"] }],
};

const text = `name: small
title: A small scenario
function: { vendor: 1, device: 2 }
matrix:
  often:
    title: five rounds
    steps:
      compared: { times: 5 }
      b.ping: { count: 7 }
  seldom:
    title: as it is
steps:
  - { do: ping, as: before }
  - do: rounds
    as: compared
    times: 2
    steps:
      - { do: ping, as: a.ping }
      - { do: ping, as: b.ping }
      - { do: ping, variants: [often] }
checks:
  - { check: ping-loss, id: loss, title: nothing is lost, of: b.ping }
`;

function mistakes(changed: string): string[] {
  return mistakesOf(() => parseScenario(changed, "small.yaml", vocabulary));
}

describe("rounds", () => {
  const [often, seldom] = makePlan(parseScenario(text, "small.yaml", vocabulary)).variants;

  test("are every step again and again, one round after the other", () => {
    expect(seldom?.steps.map(({ id, name, round }) => [id, name, round?.number])).toEqual([
      ["before", "before", undefined],
      ["a.ping@1", "a.ping", 1],
      ["b.ping@1", "b.ping", 1],
      ["a.ping@2", "a.ping", 2],
      ["b.ping@2", "b.ping", 2],
    ]);
  });
  test("can be other ones in a variant", () => {
    expect(often?.steps).toHaveLength(1 + 5 * 3);
    expect(often?.steps.at(-1)).toMatchObject({ id: "ping@5", round: { number: 5, of: 5 } });
    expect(often?.steps.at(-2)?.params).toEqual({ count: 7 });
  });
  test.each([
    [
      "a mistake inside",
      text.replace("as: b.ping }", "as: b.ping, cuont: 3 }"),
      /^small.yaml:19:33: steps\[1\].steps\[1\]: unknown field "cuont"; .* Did you mean "count"\?$/,
    ],
    [
      "an unknown kind inside",
      text.replace("- { do: ping, as: b.ping", "- { do: pign, as: b.ping"),
      'small.yaml:19:15: steps[1].steps[1].do: unknown kind "pign"; expected one of ping. Did you mean "ping"?',
    ],
    [
      "no number of rounds",
      text.replace("    times: 2\n", "    tims: 2\n"),
      "small.yaml:14:5: steps[1].times: missing; expected a number",
    ],
    [
      "a name that is there twice",
      text.replace("as: b.ping }", "as: before }").replace("      b.ping: { count: 7 }\n", ""),
      'small.yaml:18:25: steps[1].steps[1].as: expected a name of its own, got "before" a second time.',
    ],
    [
      "a variant that is not there",
      text.replace("variants: [often]", "variants: [oftn]"),
      'small.yaml:20:32: steps[1].steps[2].variants[0]: no variant is named "oftn"; expected one of often, seldom. Did you mean "often"?',
    ],
  ])("%s is told where it stands", (_what, changed, expected) => {
    const told = mistakes(changed);
    if (typeof expected === "string") expect(told).toContain(expected);
    else expect(told.some((line) => expected.test(line))).toBe(true);
  });
});
