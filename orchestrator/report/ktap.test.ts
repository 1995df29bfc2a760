// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { parseKtap } from "../ktap/parse.ts";
import { ktap } from "./ktap.ts";
import type { RunResult } from "./result.ts";
import { failingRun, flakyRun, knownBugRun, passingRun, skippedRun } from "./testing/samples.ts";

test("a run is a plan and a line for each check; the lab's own parser reads it back", () => {
  const text = ktap(failingRun());
  expect(text.split("\n").slice(0, 3)).toEqual(["KTAP version 1", "1..21", "ok 1 check-0"]);
  const { tests, plan, version } = parseKtap(text);
  expect({ plan, version }).toEqual({ plan: 21, version: "KTAP version 1" });
  expect(tests).toHaveLength(21);
  expect(tests[1]).toMatchObject({ ok: false, name: "check-1" });
  expect(tests[1]?.output.join("\n")).toContain("measured 3 Mb/s, expected 9");
  expect(tests[2]).toMatchObject({ ok: true, directive: "SKIP" });
  expect(tests[20]).toMatchObject({ ok: false, name: "run: Ping 50 times" });
});

test("variants are tests with subtests", () => {
  const run = passingRun();
  const result: RunResult = {
    ...run,
    variants: [
      { name: "six", title: "", verdict: "pass", durationMs: 1 },
      { name: "two", title: "" },
    ],
    checks: run.checks.slice(0, 2).map((check) => ({ ...check, variant: "six" })),
  };
  expect(ktap(result)).toBe(`KTAP version 1
1..2
  KTAP version 1
  1..2
  ok 1 check-0
  ok 2 check-1
ok 1 six
ok 2 two # SKIP not run
`);
});

test("no text can begin a directive or a line of its own", () => {
  const run = passingRun();
  const [check] = run.checks;
  if (!check) throw new Error("a run has checks");
  const id = "a # SKIP b\nok 2 c";
  expect(ktap({ ...run, checks: [{ ...check, id }] })).toBe(
    "KTAP version 1\n1..1\nok 1 a _ SKIP b ok 2 c\n",
  );
});

test("a run that fails for being flaky fails here, with what went wrong at first", () => {
  const flaky = flakyRun();
  expect(parseKtap(ktap(flaky)).tests.at(-1)).toMatchObject({
    ...{ ok: false, name: "run: flaky" },
    output: [expect.stringContaining("attempt 1: ping: 3 of 50 lost")],
  });
  expect(ktap({ ...flaky, exitStatus: 0 })).not.toContain("not ok");
  const { checks } = failingRun();
  expect(ktap({ ...flaky, checks })).not.toContain("run: flaky");
});

test("a failure that was expected is XFAIL, and a run that was not made SKIP", () => {
  const { tests } = parseKtap(ktap(knownBugRun()));
  expect(tests[1]).toMatchObject({ ok: true, name: "check-1", directive: "XFAIL" });
  expect(tests[20]).toMatchObject({ ok: true, directive: "XFAIL" });
  expect(ktap(skippedRun())).toBe(
    "KTAP version 1\n1..1\nok 1 remote-edma # SKIP the endpoint's kernel has no BAR subranges\n",
  );
});
