// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { scenarioDirectory } from "../project.ts";
import { readPlan } from "../run/read-plan.ts";
import { listScenarios } from "../scenario/catalogue.ts";
import { doubtsIn, doubtsOf } from "./doubts.ts";

test("each form is known when it is seen", () => {
  const word = [expect.stringContaining("behind `||`")];
  expect(doubtsOf("dmesg | grep REFUSED || echo nothing")).toEqual(word);
  expect(doubtsOf("echo 1 > bind || true")).toEqual(word);
  const not = [expect.stringContaining("`!` makes a success")];
  expect(doubtsOf("cat report && ! grep '^not ok' report")).toEqual(not);
  expect(doubtsOf("! dmesg | grep refused")).toEqual(not);
  const pipe = [expect.stringContaining("ends the writer")];
  expect(doubtsOf("dmesg | grep -q refused")).toEqual(pipe);
  expect(doubtsOf("yes | head -c 5 > /run/it")).toEqual(pipe);
});

test("what looks alike and is none", () => {
  expect(doubtsOf("# not: || true\nwait $! || [ $? = 137 ]")).toEqual([]);
  expect(doubtsOf("[ ! -e bound ] || echo 1 > unbind")).toEqual([]);
  expect(doubtsOf("runs || { echo it does not run; exit 1; }")).toEqual([]);
  expect(doubtsOf("! runs || { echo it runs; exit 1; }")).toEqual([]);
  expect(doubtsOf("dmesg | sed -n '/refused/p'")).toEqual([]);
});

test("a script may say why it is fine, and has to", () => {
  const script = "cat report && ! grep '^not ok' report";
  expect(doubtsOf(`# fine: the report may be gone\n${script}`)).toEqual([]);
  expect(doubtsOf(`# fine:\n${script}`)).toHaveLength(1);
});

test("a step's work under way, and what fail-nth does before, is looked at; what is waited for is asked again", () => {
  const run = "x || true";
  expect(doubtsIn({ kind: "lose-link", params: { during: { run } } })).toHaveLength(1);
  expect(doubtsIn({ kind: "fail-nth", params: { run: "x", before: run } })).toHaveLength(1);
  expect(doubtsIn({ kind: "wait-until", params: { run } })).toEqual([]);
  expect(doubtsIn({ kind: "link", params: {} })).toEqual([]);
});

/** What it counts is waited for to grow: of a log that cannot be read it waits in vain. */
const known = "transport-interleavings";

test("no scenario of the project has one", () => {
  const all = listScenarios(scenarioDirectory).filter(({ name }) => name !== known);
  expect(all.length).toBeGreaterThan(50);
  const doubts = all.flatMap(({ name, file }) =>
    readPlan(file).variants.flatMap(({ steps }) =>
      steps.flatMap((step) => doubtsIn(step).map((why) => `${name}: ${step.id}: ${why}`)),
    ),
  );
  expect([...new Set(doubts)]).toEqual([]);
});
