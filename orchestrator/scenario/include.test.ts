// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { parseScenario } from "./load.ts";
import { makePlan, type Plan } from "./plan.ts";
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

const files: Readonly<Record<string, string>> = {
  "parts/vntb.yaml": `function: { vendor: 1, device: 2, settings: { mw1: 100, mw2: 200 } }
topology: { controller: { atu-align: 128 } }
steps: [{ do: ping, as: first }]
`,
  "mine/board.yaml": `include: vntb
topology: { controller: { atu-align: 4096, wr-channels: 2 } }
`,
  "mine/wrong.yaml": "topology:\n  controller: { atu-aling: 4096 }\n",
  "mine/round.yaml": "include: ./round.yaml\n",
  "mine/broken.yaml": "a: [\n",
};

const text = `name: small
title: A small scenario
include: [vntb, board.yaml]
function: { settings: { mw2: null, mw3: 300 } }
matrix:
  plain: { title: as it is }
  other: { title: another, function: { settings: { mw1: null } } }
steps:
  - { do: ping, as: second }
checks:
  - { check: ping-loss, id: loss, title: nothing is lost, of: first }
`;

function plan(changed: string, set: string[] = []): Plan {
  const read = (file: string) => {
    const found = files[file];
    if (found === undefined) throw Object.assign(new Error("no"), { code: "ENOENT" });
    return found;
  };
  return makePlan(
    parseScenario(changed, "mine/small.yaml", vocabulary, { parts: "parts", read, set }),
  );
}

function mistakes(changed: string, set: string[] = []): string[] {
  return mistakesOf(() => plan(changed, set));
}

describe("what a scenario includes", () => {
  const { variants, files: all } = plan(text);
  const [plain, other] = variants;

  test("lies under it, each over those before", () => {
    expect(plain?.topology.links[0]?.controller).toMatchObject({
      "atu-align": 4096,
      "wr-channels": 2,
    });
    expect(plain?.function).toMatchObject({ vendor: 1, settings: { mw1: 100, mw3: 300 } });
    expect(plain?.function?.settings).not.toHaveProperty("mw2");
  });
  test("does not change what a variant takes away", () => {
    expect(other?.function?.settings).toEqual({ mw3: 300 });
  });
  test("brings its steps before the scenario's own, once", () => {
    expect(plain?.steps.map(({ id }) => id)).toEqual(["first", "second"]);
  });
  test("is among the files of the plan", () => {
    expect(all).toEqual(["mine/small.yaml", "parts/vntb.yaml", "mine/board.yaml"]);
  });
});

describe("mistakes of includes are told in the file that has them", () => {
  test.each([
    [
      "an unknown field",
      text.replace("board.yaml", "./wrong.yaml"),
      /^mine\/wrong.yaml:2:17: topology.controller: unknown field "atu-aling"; .* Did you mean "atu-align"\?$/,
    ],
    [
      "a file that is not there",
      text.replace("board.yaml", "bord.yaml"),
      /^mine\/small.yaml:3:17: include: could not read mine\/bord.yaml: no such file\.$/,
    ],
    [
      "a part that is not there",
      text.replace("[vntb", "[vntp"),
      /^mine\/small.yaml:3:11: include: could not read parts\/vntp.yaml: no such file\.$/,
    ],
    [
      "a circle",
      text.replace("board.yaml", "round.yaml"),
      /^mine\/round.yaml:1:10: include: mine\/round.yaml includes itself\.$/,
    ],
    [
      "no YAML",
      text.replace("board.yaml", "broken.yaml"),
      /^mine\/broken.yaml:\d+:\d+: not valid YAML/,
    ],
  ])("%s", (_what, changed, expected) => {
    expect(mistakes(changed)).toEqual([expect.stringMatching(expected)]);
  });
});

describe("--set", () => {
  test("goes over the scenario and over each variant", () => {
    const { variants, timeoutMs } = plan(text, [
      "timeout=7s",
      "function.settings.mw1=0x10",
      "topology.controller.atu-align=64K",
      "steps.second.count=3",
    ]);
    expect(timeoutMs).toBe(7000);
    for (const variant of variants) {
      expect(variant.function?.settings).toMatchObject({ mw1: 16 });
      expect(variant.topology.links[0]?.controller["atu-align"]).toBe(65_536);
      expect(variant.steps.find(({ id }) => id === "second")?.params).toEqual({ count: 3 });
    }
  });
  test("takes away with null, and the last one wins", () => {
    const set = ["function.settings.mw1=null", "function.vendor=5", "function.vendor=6"];
    const [plain] = plan(text, set).variants;
    expect(plain?.function).toMatchObject({ vendor: 6, settings: { mw3: 300 } });
    expect(plain?.function?.settings).not.toHaveProperty("mw1");
  });
  test("reaches into one variant of the matrix", () => {
    const [plain, other] = plan(text, ["matrix.other.topology.controller.wr-channels=1"]).variants;
    expect(plain?.topology.links[0]?.controller["wr-channels"]).toBe(2);
    expect(other?.topology.links[0]?.controller["wr-channels"]).toBe(1);
  });
  test("finds a step by a name with dots", () => {
    const dotted = text.replace("as: second", "as: edma.tcp.x");
    const [plain] = plan(dotted, ["steps.edma.tcp.x.count=3"]).variants;
    expect(plain?.steps.at(-1)?.params).toEqual({ count: 3 });
  });
  test.each([
    ["no value", "timeout", /^--set timeout: expected KEY=VALUE such as .*, got "timeout"\.$/],
    [
      "an unknown field",
      "topology.host.memroy=2G",
      /^--set topology.host.memroy: unknown field "memroy"; expected one of .* Did you mean "memory"\?$/,
    ],
    [
      "a bad value",
      "topology.host.memory=much",
      /^--set topology.host.memory: expected a size .*, got "much"\.$/,
    ],
    [
      "an unknown step",
      "steps.secnd.count=2",
      /^--set steps.secnd.count: no step is named "secnd"; expected one of first, second, .* Did you mean "second"\?$/,
    ],
    ["what is no YAML", "timeout=[", /^--set timeout: not valid YAML: \[/],
  ])("tells of %s", (_what, setting, expected) => {
    expect(mistakes(text, [setting])).toEqual([expect.stringMatching(expected)]);
  });
});
