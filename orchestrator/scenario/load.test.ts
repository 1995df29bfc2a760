// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { parseScenario } from "./load.ts";
import { makePlan } from "./plan.ts";
import type { Vocabulary } from "./schema.ts";
import { mistakesOf } from "./testing/mistakes.ts";

const vocabulary: Vocabulary = {
  steps: {
    ping: z.strictObject({ count: z.int().min(1).default(50) }),
    iperf3: z.strictObject({ direction: z.enum(["host-to-endpoint", "endpoint-to-host"]) }),
    take: z
      .strictObject({ some: z.int().optional(), all: z.literal(true).optional() })
      .refine(({ some, all }) => (some === undefined) !== (all === undefined), {
        error: "expected `some` or `all`",
      }),
  },
  checks: { "ping-loss": z.strictObject({ of: z.string() }) },
  functions: () => [],
  moves: () => [],
  programs: () => [],
  references: (_kind, params) => [{ field: "of", id: String(params.of), kinds: ["ping"] }],
};

const good = `name: small
title: A small scenario
function: { vendor: 0x1957, device: 0x0809 }
steps:
  - do: ping
    as: first
  - do: ping
  - do: ping
checks:
  - check: ping-loss
    id: loss
    title: nothing is lost
    of: first
`;

function mistakes(text: string): string[] {
  return mistakesOf(() => parseScenario(text, "small.yaml", vocabulary));
}

describe("a valid scenario", () => {
  test("gets its defaults and becomes a frozen plan with a name for every step", () => {
    const plan = makePlan(parseScenario(good, "small.yaml", vocabulary));
    expect(plan.timeoutMs).toBe(180_000);
    expect(plan.variants).toHaveLength(1);
    expect(plan.configFragments).toEqual([]);
    const [only] = plan.variants;
    expect(only?.variant).toBe("");
    expect(only?.steps.map((step) => step.id)).toEqual(["first", "ping", "ping-2"]);
    expect(only?.steps[1]?.params).toEqual({ count: 50 });
    expect(only?.topology.machines.host).toMatchObject({ memory: 1 << 30, iommu: "none" });
    expect(Object.isFrozen(only?.topology.links[0]?.controller)).toBe(true);
    expect(Object.isFrozen(only?.steps[0]?.params)).toBe(true);
  });
});

test("fragments of the kernel's configuration are the whole scenario's", () => {
  const asking = `${good}config-fragments: [nvme]\n`;
  expect(makePlan(parseScenario(asking, "small.yaml", vocabulary)).configFragments).toEqual([
    "nvme",
  ]);
  expect(mistakes(`${good}config-fragments: [nmve]\n`)).toEqual([
    expect.stringMatching(
      /^small\.yaml:14:20: config-fragments\[0\]: expected one of .*nvme.*, got "nmve"\. Did you mean "nvme"\?$/,
    ),
  ]);
  const inVariant = `${good}matrix: { one: { title: x, config-fragments: [nvme] } }\n`;
  expect(mistakes(inVariant)).toEqual([
    expect.stringContaining('unknown field "config-fragments"'),
  ]);
});

test("patches of the project's are the whole scenario's, and go by their names", () => {
  const asking = `${good}patches: [epf-stale-bound, epf-ntb-no-align]\n`;
  expect(makePlan(parseScenario(asking, "small.yaml", vocabulary)).patches).toEqual([
    "epf-stale-bound",
    "epf-ntb-no-align",
  ]);
  expect(mistakes(`${good}patches: [epf-stale-bond]\n`)).toEqual([
    'small.yaml:14:11: patches[0]: expected the name of a patch in docs/upstream (epf-stale-bound?), got "epf-stale-bond".',
  ]);
  expect(mistakes(`${good}matrix: { one: { title: x, patches: [epf-stale-bound] } }\n`)).toEqual([
    expect.stringContaining('unknown field "patches"'),
  ]);
});

test("a name that stands twice in a group is told by its name", () => {
  expect(mistakes(good.replace("title: A", "name: again\ntitle: A"))).toEqual([
    "small.yaml:2:1: expected each name once in a group of fields, got name a second time.",
  ]);
});

describe("mistakes are told with file, line, column, what was expected and what is near", () => {
  test.each([
    [
      "an unknown field",
      good.replace("title: A", "titel: A"),
      [
        "small.yaml:1:1: title: missing; expected text",
        'small.yaml:2:1: unknown field "titel"; expected one of name, title, description, include, timeout, expect, fails, report, config-fragments, patches, programs, needs, topology, function, functions, transport, known-noise, matrix, steps, checks. Did you mean "title"?',
      ],
    ],
    [
      "an unknown step kind",
      good.replace("- do: ping\n    as", "- do: pign\n    as"),
      [
        'small.yaml:5:9: steps[0].do: unknown kind "pign"; expected one of ping, iperf3, take, rounds. Did you mean "ping"?',
        'small.yaml:13:9: checks[0].of: no step is named "first" by its field "as".',
      ],
    ],
    [
      "a step without a kind",
      good.replace("- do: ping\n    as", "- go: ping\n    as"),
      [
        'small.yaml:5:5: steps[0]: missing "do:"; expected one of ping, iperf3, take, rounds.',
        'small.yaml:13:9: checks[0].of: no step is named "first" by its field "as".',
      ],
    ],
    [
      "a value outside of a choice",
      good.replace("- do: ping\nchecks", "- { do: iperf3, direction: host-to-enpoint }\nchecks"),
      [
        'small.yaml:8:30: steps[2].direction: expected one of host-to-endpoint, endpoint-to-host, got "host-to-enpoint". Did you mean "host-to-endpoint"?',
      ],
    ],
    [
      "a number that is too small",
      good.replace("as: first", "as: first\n    count: 0"),
      [
        "small.yaml:7:12: steps[0].count: expected at least 1, got 0.",
        'small.yaml:14:9: checks[0].of: no step is named "first" by its field "as".',
      ],
    ],
    [
      "a size without a unit that exists",
      `${good}topology: { host: { memory: 1T } }\n`,
      [
        'small.yaml:14:29: topology.host.memory: expected a size such as 4096, 64K, 256M or 1G, got "1T".',
      ],
    ],
    [
      "a time without a unit",
      `${good}timeout: 90\n`,
      [
        "small.yaml:14:10: timeout: expected a time with its unit, such as 90s, 250ms or 2m, got 90.",
      ],
    ],
    [
      "a check that names a step which is not there",
      good.replace("of: first", "of: frist"),
      [
        'small.yaml:13:9: checks[0].of: no step is named "frist" by its field "as". Did you mean "first"?',
      ],
    ],
    [
      "fields that do not go together",
      good.replace("- do: ping\nchecks", "- { do: take, some: 1, all: true }\nchecks"),
      ["small.yaml:8:5: steps[2]: expected `some` or `all`."],
    ],
    [
      "two steps of one name",
      good.replace("  - do: ping\nchecks", "  - { do: ping, as: first }\nchecks"),
      ['small.yaml:8:21: steps[2].as: expected a name of its own, got "first" a second time.'],
    ],
  ])("%s", (_what, text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  test("text that is no YAML", () => {
    expect(mistakes("name: [small\ntitle: x\n")[0]).toMatch(
      /^small\.yaml:\d+:\d+: not valid YAML: /,
    );
  });

  test("an alias without its anchor", () => {
    const text = good
      .replace("    as: first", "    as: &mine first")
      .replace("of: first", "of: *mien");
    expect(mistakes(text)).toEqual([
      'small.yaml:13:9: no anchor "&mien" stands before this alias. Did you mean "mine"?',
    ]);
    expect(mistakes(text.replace("*mien", "*mine"))).toEqual([]);
    // Behind it there is none, either.
    expect(mistakes("a: *b\nb: &b 1\nc: *d\n")).toEqual([
      'small.yaml:1:4: no anchor "&b" stands before this alias.',
      'small.yaml:3:4: no anchor "&d" stands before this alias. Did you mean "b"?',
    ]);
  });

  test("an anchor that is part of itself, and aliases of aliases without end", () => {
    expect(mistakes("a: &a [*a]\n")).toEqual([
      'small.yaml:1:8: what "&a" stands for is part of itself here.',
    ]);
    const more = Array.from(
      { length: 9 },
      (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(", ")}]`,
    );
    expect(mistakes(`a0: &a0 [x]\n${more.join("\n")}\n`)).toEqual([
      expect.stringMatching(/^small\.yaml:1:1: not valid YAML: Excessive alias count/),
    ]);
  });

  test("an empty file", () => {
    expect(mistakes("")).toContain("small.yaml:1:1: name: missing; expected text");
  });
});

describe("a known bug", () => {
  const bug = (fails: string) =>
    mistakes(good.replace("steps:", `expect: fail\n${fails}steps:`)).map((line) =>
      line.replace(/^.*?: /, ""),
    );

  test("says what fails, and by which words the bug is known", () => {
    expect(bug("fails: { check: loss, says: of 50 lost }\n")).toEqual([]);
    expect(bug("fails: { step: first, says: refused }\n")).toEqual([]);
    expect(bug("fails: { console: oops }\n")).toEqual([]);
    // The complaint that ends the step is its reason.
    expect(bug("fails: { step: first, console: oops }\n")).toEqual([]);
    expect(bug("")).toEqual([expect.stringContaining("needs what fails")]);
    for (const fails of ["check: loss", "step: first", "check: loss, console: oops"]) {
      expect(bug(`fails: { ${fails} }\n`)).toEqual([
        "fails: any other failure of it would be taken for the bug: say by which words of its reason the bug is known, `says: PATTERN`.",
      ]);
    }
  });

  test("names a check or a step that is there, or a test of a program's", () => {
    expect(bug("fails: { check: los, says: x }\n")).toEqual([
      'fails.check: no check is named "los" by its field "id". Did you mean "loss"?',
    ]);
    expect(bug("fails: { step: firts, says: x }\n")).toEqual([
      'fails.step: no step is named "firts" by its field "as". Did you mean "first"?',
    ]);
    expect(bug("fails: { check: suite.one, says: x }\n")).toEqual([]);
  });

  test("is no scenario that has to pass", () => {
    const text = good.replace("steps:", "fails: { check: loss, says: x }\nsteps:");
    expect(mistakes(text)).toEqual([
      expect.stringContaining("only a scenario with `expect: fail`"),
    ]);
  });
});

test("known noise is of steps that are there", () => {
  const noise = (during: string) =>
    mistakes(`${good}known-noise: [{ pattern: x, reason: x, during: [${during}] }]\n`);
  expect(noise("first")).toEqual([]);
  expect(noise("frist")).toEqual([
    'small.yaml:14:49: known-noise[0].during[0]: no step is named "frist" by its field "as". Did you mean "first"?',
  ]);
});

describe("functions", () => {
  const about: Vocabulary = {
    ...vocabulary,
    steps: { ...vocabulary.steps, make: z.strictObject({ function: z.string().optional() }) },
    functions: (kind, { function: name }) => (kind === "make" ? [name as string | undefined] : []),
  };
  const made = (functions: string, step: string) =>
    mistakesOf(() =>
      parseScenario(
        good.replace(/^function: .*$/m, functions).replace("steps:\n", `steps:\n  - ${step}\n`),
        "small.yaml",
        about,
      ),
    );
  const second = "functions: { second: { vendor: 1, device: 2 } }";

  test("are needed by no scenario of which no step is about one", () => {
    expect(made("", "{ do: ping }")).toEqual([]);
    expect(made(second, "{ do: make, function: second }")).toEqual([]);
  });
  test("that a step is about have to be there", () => {
    expect(made(second, "{ do: make }")).toEqual([
      'small.yaml:5:11: steps[0].do: this step is about the scenario\'s "function", which is not there.',
    ]);
    expect(made(second, "{ do: make, function: secnd }")).toEqual([
      'small.yaml:5:27: steps[0].function: no function is named "secnd"; expected one of second. Did you mean "second"?',
    ]);
    expect(made("", "{ do: rounds, times: 2, steps: [{ do: make, function: x }] }")).toEqual([
      'small.yaml:5:59: steps[0].steps[0].function: no function is named "x"; expected a scenario with "functions".',
    ]);
  });
});

describe("programs", () => {
  const fioUser: Vocabulary = {
    ...vocabulary,
    programs: (kind) => (kind === "iperf3" ? ["fio"] : []),
  };
  const step = "{ do: iperf3, direction: host-to-endpoint }";
  const using = (lines: string, added: string) =>
    mistakesOf(() =>
      parseScenario(
        good.replace("steps:\n", `${lines}steps:\n  - ${added}\n`),
        "small.yaml",
        fioUser,
      ),
    );

  test("that a step runs are asked for by the scenario", () => {
    expect(using("programs: [fio]\n", step)).toEqual([]);
    expect(using("", step)).toEqual([
      'small.yaml:5:11: steps[0].do: this step runs fio, which not every image has; expected "programs: [fio]" in the scenario.',
    ]);
    expect(using("", `{ do: rounds, times: 2, steps: [${step}] }`)).toEqual([
      expect.stringMatching(/^small\.yaml:5:\d+: steps\[0\]\.steps\[0\]\.do: this step runs fio/),
    ]);
  });
});
