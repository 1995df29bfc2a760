// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { parseNtbTest } from "../ktap/ntb-test.ts";
import { parseKtap } from "../ktap/parse.ts";
import type { SelftestEvidence } from "../steps/selftest.ts";
import { judgeAcross } from "./across-variants.ts";
import type { CheckResult } from "./findings.ts";
import { checkKinds, judge } from "./registry.ts";

const good = `TAP version 13
1..3
#  RUN           bar.BAR0.BAR_TEST ...
ok 1 bar.BAR0.BAR_TEST
ok 2 bar.BAR0.SUBRANGE_TEST # SKIP BAR is test register space
ok 3 basic.MSI_TEST
`;
const skips = [{ test: "bar.BAR0.SUBRANGE_TEST", reason: "the test's registers are in BAR 0" }];

function results(
  output: string,
  params: Record<string, unknown> = {},
  ended: Partial<SelftestEvidence> = {},
): readonly CheckResult[] {
  const report = ended.format === "ntb-test" ? parseNtbTest(output) : parseKtap(output);
  const data: SelftestEvidence = { format: "ktap", report, status: 0, ms: 1000, ...ended };
  const schema = checkKinds.get("selftest")?.schema;
  return judge(
    [
      {
        ...{ kind: "selftest", id: "suite", title: "the suite" },
        params: schema?.parse({ of: "run", ...params }) ?? {},
      },
    ],
    {
      evidence: [{ id: "run", kind: "selftest", data }],
      ...{ consoles: { host: [], endpoint: [] }, metrics: [], complete: true },
    },
  );
}

const short = (list: readonly CheckResult[]) => list.map(({ id, status }) => `${status} ${id}`);
const suite = (list: readonly CheckResult[]) => list[0];

describe("a program that ran to its end", () => {
  test("is one check, and each of its result lines one more", () => {
    const list = results(good, { skips, tests: 3 });
    expect(short(list)).toEqual([
      "pass suite",
      "pass bar.BAR0.BAR_TEST",
      "skip bar.BAR0.SUBRANGE_TEST",
      "pass basic.MSI_TEST",
    ]);
    expect(list[2]?.reason).toBe("the test's registers are in BAR 0 (BAR is test register space)");
    expect(list.every((check) => check.step === "run")).toBe(true);
  });

  test("a line that says not ok fails, with the lines before it", () => {
    const [, , , last] = results(good.replace("ok 3", "# Expected 0 == ret (-22)\nnot ok 3"), {
      skips,
    });
    expect(last).toMatchObject({
      ...{ id: "basic.MSI_TEST", status: "fail", reason: "# Expected 0 == ret (-22)" },
      lines: ["# Expected 0 == ret (-22)"],
    });
  });

  test("a test that fails and skips afterwards has failed, whatever rule lets it skip", () => {
    const unmet = "# pci_endpoint_test.c:183:MSI_TEST:Expected 0 (0) == ret (-110)";
    const [, , skipped] = results(good.replace("ok 2", `${unmet}\nok 2`), { skips });
    expect(skipped).toMatchObject({
      status: "fail",
      reason:
        "it failed before it skipped: pci_endpoint_test.c:183:MSI_TEST:Expected 0 (0) == ret (-110)",
      lines: [unmet],
    });
  });

  test("two lines of one name stay apart", () => {
    const twice = "TAP version 13\n1..2\nok 1 a\nnot ok 2 a\n";
    expect(short(results(twice, {}, { status: 1 }))).toEqual(["pass suite", "pass a", "fail a.2"]);
  });

  test("subtests have their tests' names before their own", () => {
    const nested = "KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  not ok 1 in\nnot ok 1 out\n";
    const list = results(nested, {}, { status: 1 });
    expect(short(list)).toEqual(["pass suite", "fail out.in", "fail out"]);
    expect(list[2]?.reason).toBe("failed within: in");
  });
});

describe("a skip", () => {
  test("that no rule allows fails", () => {
    expect(results(good)[2]).toMatchObject({
      status: "fail",
      reason: "no skip rule allows it to skip: BAR is test register space",
    });
  });
  test("for another reason than the rule's fails", () => {
    const rule = { test: "bar.BAR*.SUBRANGE_TEST", says: "^Not enough", reason: "few windows" };
    expect(results(good, { skips: [rule] })[2]).toMatchObject({
      status: "fail",
      reason: "it may skip only when it says /^Not enough/, it said: BAR is test register space",
    });
  });
  test("that is allowed but does not happen is fine", () => {
    const all = good.replace(" # SKIP BAR is test register space", "");
    expect(results(all, { skips }).every((check) => check.status === "pass")).toBe(true);
  });
  test.each(["TODO", "XFAIL"])("%s needs a rule, too", (directive) => {
    const text = good.replace("# SKIP", `# ${directive}`);
    expect(results(text)[2]?.status).toBe("fail");
    expect(results(text, { skips })[2]?.status).toBe("skip");
  });
  test.each(["XPASS", "TIMEOUT", "ERROR"])("%s fails whatever the rules say", (directive) => {
    expect(results(good.replace("# SKIP", `# ${directive}`), { skips })[2]?.status).toBe("fail");
  });
});

describe("a program that did not run to its end fails", () => {
  const cut = good.slice(0, good.indexOf("ok 3"));
  test.each<[string, string, Record<string, unknown>, Partial<SelftestEvidence>, string]>([
    [
      "killed by its deadline",
      cut,
      {},
      { status: undefined, ms: 60_000 },
      "killed after 60.0 s, its time limit",
    ],
    [
      "killed by a signal",
      cut,
      {},
      { status: undefined, signal: "SIGSEGV", ms: 900 },
      "killed after 0.9 s, by SIGSEGV",
    ],
    ["with tests that did not report", cut, {}, {}, "1 of 3 tests did not report (number 3)"],
    ["bailed out", `${cut}Bail out! no device\n`, {}, {}, "the program bailed out: no device"],
    ["printed nothing", "", {}, {}, "no test reported a result"],
    ["said only why not", "TAP version 13\n1..0 # SKIP no module\n", {}, {}, "no module"],
    ["crashed", good, {}, { status: 139 }, 'status 139 though no line says "not ok"'],
    [
      "ran fewer tests",
      good,
      { tests: 23 },
      {},
      "3 tests reported and 0 are excluded, expected 23",
    ],
    ["without a plan", "TAP version 13\nok 1 a\n", {}, {}, "no plan line"],
    [
      "promised subtests",
      "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 a\nok 1 b\n",
      {},
      {},
      "b: 1 of 2 tests did not report",
    ],
    [
      "cut within subtests",
      "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 a\n",
      {},
      {},
      "subtests without their test's result: a",
    ],
    [
      "ended with status 1 in silence",
      "Starting ntb_tool tests...\n",
      {},
      { format: "ntb-test", status: 1 },
      "no test reported",
    ],
  ])("%s", (_what, output, params, ended, message) => {
    const own = suite(results(output, { skips, ...params }, ended));
    expect(own?.status).toBe("fail");
    expect(own?.reason).toContain(message);
  });
});

describe("a test that the program was told to leave out", () => {
  const left = { test: "basic.COPY", reason: "dw-edma has no DMA_MEMCPY" };
  const list = results(good, { skips, exclude: [left], tests: 4 });
  const named = (name: string, checks: readonly CheckResult[]) => ({
    name,
    checks: checks.map((check) => ({ ...check, id: `${name}.${check.id}` })),
  });

  test("is a skip with its reason, and counts", () => {
    expect(suite(list)?.status).toBe("pass");
    expect(list.at(-1)).toMatchObject({ id: "basic.COPY", status: "skip", reason: left.reason });
  });
  test("must pass in another variant", () => {
    const other = results("TAP version 13\n1..1\nok 1 basic.COPY\n");
    expect(judgeAcross([named("a", list), named("b", other)])).toMatchObject([{ status: "pass" }]);
    const bad = results("TAP version 13\n1..1\nnot ok 1 basic.COPY\n");
    expect(judgeAcross([named("a", list), named("b", bad)])).toMatchObject([
      { status: "fail", reason: "passed in no variant: basic.COPY" },
    ]);
    expect(judgeAcross([named("a", list), named("b", list)])).toMatchObject([{ status: "fail" }]);
  });
  test("that runs all the same is judged by its line", () => {
    const ran = results(good, {
      skips,
      exclude: [{ test: "basic.MSI_TEST", reason: "x" }],
      tests: 3,
    });
    expect(short(ran).slice(3)).toEqual(["pass basic.MSI_TEST"]);
  });
});

describe("why a test failed", () => {
  const why = (lines: string, params: Record<string, unknown> = {}) => {
    const list = results(`TAP version 13\n1..1\n${lines}\n`, params, { status: 1 });
    return list.at(-1)?.reason;
  };
  test("is what it printed first, apart from what the harness says of it", () => {
    const harness =
      "#  RUN           a ...\n# a.c:5:a:Expected 0 == ret (-22)\n# and so on\n#          FAIL  a";
    expect(why(`${harness}\nnot ok 1 a`)).toBe("# a.c:5:a:Expected 0 == ret (-22)");
    // The first test of a program has the harness's first line, too.
    expect(why(`# Starting 2 tests from 1 test cases.\n${harness}\nnot ok 1 a`)).toBe(
      "# a.c:5:a:Expected 0 == ret (-22)",
    );
    expect(why("#  RUN           a ...\n#          FAIL  a\nnot ok 1 a")).toBe(
      "#          FAIL  a",
    );
    expect(why("not ok 1 a")).toBe("the test gave no reason");
    expect(why("not ok 1 a # TIMEOUT 45 seconds")).toBe("TIMEOUT 45 seconds");
    expect(why("not ok 1 a # TIMEOUT")).toBe("TIMEOUT");
  });
  test("is which of its own tests failed, of those that did", () => {
    const inner = "  KTAP version 1\n  1..3\n  ok 1 good\n  not ok 2 bad\n  not ok 3 worse";
    expect(why(`${inner}\nnot ok 1 out`)).toBe("failed within: bad, worse");
  });
  test("comes with the last lines that it printed", () => {
    const many = Array.from({ length: 25 }, (_, index) => `# line ${index + 1}`);
    const list = results(
      `TAP version 13\n1..1\n${many.join("\n")}\nnot ok 1 a\n`,
      {},
      { status: 1 },
    );
    expect(list[1]?.lines).toEqual(many.slice(5));
  });
});

test("of several skip rules the one counts that is for this test and its words", () => {
  const rules = [
    { test: "basic.MSI_TEST", reason: "another test" },
    { test: "bar.BAR*", says: "^Not enough", reason: "few windows" },
    { test: "bar.BAR0*", reason: "register space" },
  ];
  expect(results(good, { skips: rules })[2]?.reason).toBe(
    "register space (BAR is test register space)",
  );
});

describe("what is said of the program", () => {
  const said = (list: readonly CheckResult[]) => {
    const { measured, expected, reason } = suite(list) ?? {};
    return [measured, expected, reason];
  };
  test("is how many results there were of how many, and how it ended", () => {
    expect(said(results(good, { skips }))).toEqual(["3 results, status 0", "all of the plan", ""]);
    expect(said(results(good, { skips, tests: 3 }))[1]).toBe("3 results, all of the plan");
    const exclude = [{ test: "basic.COPY", reason: "no DMA_MEMCPY" }];
    expect(said(results(good, { skips, exclude, tests: 4 })).slice(0, 2)).toEqual([
      ...["3 results, status 0", "3 results, all of the plan"],
    ]);
    expect(said(results(good, { skips, exclude, tests: 2 }))[2]).toBe(
      "3 tests reported and 1 are excluded, expected 2",
    );
    expect(said(results(good, { skips }, { status: undefined, ms: 1500 }))).toEqual([
      ...["3 results, killed", "all of the plan"],
      "the program was killed after 1.5 s, its time limit",
    ]);
  });
  test("is which results are missing", () => {
    const two = "TAP version 13\n1..4\nok 1 a\nok 2 b\n";
    expect(said(results(two))[2]).toBe("2 of 4 tests did not report (number 3 to 4)");
  });
  test("needs no plan where the scenario has the number, nor in another format", () => {
    expect(said(results("TAP version 13\nok 1 a\n", { tests: 1 }))[2]).toBe("");
  });
  test("of a status that no line explains is told, and not of one that a line does", () => {
    expect(said(results(good.replace("ok 3", "not ok 3"), { skips }, { status: 1 }))[2]).toBe("");
    const todo = good.replace("ok 2 bar.BAR0.SUBRANGE_TEST", "not ok 2 bar.BAR0.SUBRANGE_TEST");
    expect(said(results(todo, { skips }, { status: 1 }))[2]).toContain(
      'though no line says "not ok"',
    );
  });
  test("of one that broke off are its last words", () => {
    const cut = "TAP version 13\n1..2\nok 1 a\n# one\n# two\n# three\n# four\n";
    expect(said(results(cut))[2]).toBe(
      "1 of 2 tests did not report (number 2); its last words: # two / # three / # four",
    );
    expect(said(results("one\ntwo\nthree\nfour\n"))[2]).toContain(
      "no test reported a result; the program said: two / three / four",
    );
    expect(said(results(`${good}# bye\n`, { skips }))[2]).toBe("");
  });
});
