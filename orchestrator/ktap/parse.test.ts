// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { parseKtap } from "./parse.ts";
import { resultLines } from "./tree.ts";

const lines = (text: string) =>
  resultLines(parseKtap(text)).map(({ path, line }) => {
    const remark = line.directive ? ` ${line.directive}` : "";
    return `${line.ok ? "ok" : "not ok"} ${path.join(".")}${remark}`;
  });

const harness = `TAP version 13
1..3
# Starting 3 tests from 2 test cases.
#  RUN           pci_ep_bar.BAR0.BAR_TEST ...
#            OK  pci_ep_bar.BAR0.BAR_TEST
ok 1 pci_ep_bar.BAR0.BAR_TEST
#  RUN           pci_ep_bar.BAR0.BAR_SUBRANGE_TEST ...
#      SKIP      BAR is test register space
ok 2 pci_ep_bar.BAR0.BAR_SUBRANGE_TEST # SKIP BAR is test register space
# pci_endpoint_test.c:165:LEGACY_IRQ_TEST:Expected 0 (0) == ret (-22)
not ok 3 pci_ep_basic.LEGACY_IRQ_TEST
# FAILED: 2 / 3 tests passed.
`;

describe("the kselftest harness's TAP 13", () => {
  const report = parseKtap(harness);
  test("every result line, with directive, reason and the lines before it", () => {
    expect(report).toMatchObject({ version: "TAP version 13", plan: 3, problems: [] });
    expect(lines(harness)).toEqual([
      "ok pci_ep_bar.BAR0.BAR_TEST",
      "ok pci_ep_bar.BAR0.BAR_SUBRANGE_TEST SKIP",
      "not ok pci_ep_basic.LEGACY_IRQ_TEST",
    ]);
    expect(report.tests[1]?.diagnostic).toBe("BAR is test register space");
    expect(report.tests[2]?.output).toEqual([
      "# pci_endpoint_test.c:165:LEGACY_IRQ_TEST:Expected 0 (0) == ret (-22)",
    ]);
    expect(report.trailing).toEqual(["# FAILED: 2 / 3 tests passed."]);
  });
  test("a program that was killed leaves fewer results than its plan", () => {
    const cut = parseKtap(harness.slice(0, harness.indexOf("not ok 3")));
    expect(cut.tests).toHaveLength(2);
    expect(cut.trailing.at(-1)).toContain("LEGACY_IRQ_TEST");
  });
});

describe("KTAP 1 with nested subtests", () => {
  const nested = `KTAP version 1
1..2
  KTAP version 1
  1..2
    KTAP version 1
    1..2
    not ok 1 inner
    ok 2 other # SKIP no device
  not ok 1 middle
[   12.345678] some driver said something
  ok 2 plain
not ok 1 outer
ok 2 - last # rcode=0
`;
  test("subtests belong to the result line that follows them", () => {
    expect(lines(nested)).toEqual([
      "not ok outer.middle.inner",
      "ok outer.middle.other SKIP",
      "not ok outer.middle",
      "ok outer.plain",
      "not ok outer",
      "ok last",
    ]);
    const report = parseKtap(nested);
    expect(report.problems).toEqual([]);
    expect(report.tests[0]?.subtests?.plan).toBe(2);
    expect(report.tests[1]).toMatchObject({ directive: undefined, diagnostic: "rcode=0" });
  });
  test("the kernel log's time stamps are no part of it", () => {
    const log = nested.replaceAll(/^(?!\[)/gm, "[    3.000001] ");
    expect(lines(log)).toEqual(lines(nested));
  });
  test("subtests whose test never reported are told", () => {
    const report = parseKtap("KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 a\n");
    expect(report.tests).toEqual([]);
    expect(report.unfinished).toMatchObject({ plan: 2, tests: [{ name: "a" }] });
  });
});

describe("directives", () => {
  test.each([
    ["ok 1 x # skip why", "SKIP", "why"],
    ["ok 1 x # SKIPPED: why", "SKIP", "why"],
    ["not ok 1 x # TODO later", "TODO", "later"],
    ["ok 1 x # XFAIL known", "XFAIL", "known"],
    ["ok 1 x # XPASS surprise", "XPASS", "surprise"],
    ["not ok 1 x # TIMEOUT 30 seconds", "TIMEOUT", "30 seconds"],
    ["not ok 1 x # ERROR broken", "ERROR", "broken"],
    ["ok 1 x # 15 of 15", undefined, "15 of 15"],
    ["ok 1 x \\# 2 # SKIP why", "SKIP", "why"],
  ])("%s", (line, directive, diagnostic) => {
    expect(parseKtap(`TAP version 13\n1..1\n${line}\n`).tests[0]).toMatchObject({
      directive,
      diagnostic,
    });
  });
});

describe("what breaks the rules is a problem", () => {
  test.each([
    ["no version line", "1..1\nok 1 a\n", "no version line"],
    ["nothing at all", "", "no version line"],
    ["a wrong number", "TAP version 13\n1..2\nok 1 a\nok 3 b\n", '"b" has number 3, expected 2'],
    [
      "more results than planned",
      "TAP version 13\n1..1\nok 1 a\nok 2 b\n",
      "promised 1 results, 2 came",
    ],
    ["two plans", "TAP version 13\n1..1\n1..2\nok 1 a\n", "a second plan line"],
    ["two versions", "TAP version 13\n1..1\nok 1 a\nTAP version 13\n", "a second version line"],
  ])("%s", (_what, text, problem) => {
    expect(parseKtap(text).problems.join("; ")).toContain(problem);
  });
  test("a bail-out keeps its reason", () => {
    expect(parseKtap("TAP version 13\n1..2\nok 1 a\nBail out! no device\n").bailOut).toBe(
      "no device",
    );
    expect(parseKtap("TAP version 13\nBail out!\n").bailOut).toBe("no reason given");
  });
  test("a plan of nothing keeps its reason", () => {
    expect(parseKtap("TAP version 13\n1..0 # SKIP no module\n")).toMatchObject({
      plan: 0,
      planSkip: "no module",
    });
  });
  test("text before the version line, and lines without number or name, are read", () => {
    const report = parseKtap("starting\nTAP version 13\nok\nnot ok - b\n1..2\n");
    expect(report.problems).toEqual([]);
    expect(report.tests.map((line) => line.name)).toEqual(["test 1", "b"]);
    expect(report.tests[0]?.output).toEqual(["starting"]);
  });
});
