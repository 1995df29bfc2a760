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

test.each([
  ["if ! grep -q x /sys/x; then echo gone; fi", "`!` makes a success"],
  ["for i in 1 2; do ! ls $i; done", "`!` makes a success"],
  ["if dmesg | grep refused; then exit 1; fi", "behind `if` or `while` could not look"],
  [
    "if grep -q x log; then echo there; else echo absent; fi",
    "behind `if` or `while` could not look",
  ],
  ['[ -z "$(dmesg -l err)" ]', "is empty, and not what it is compared with"],
  ["test -z $(ls bound)", "is empty, and not what it is compared with"],
  ['[ "$(cat state)" != dead ]', "is empty, and not what it is compared with"],
  ["echo lines $(dmesg | grep refused | wc -l)", "how a command in `$( )` ended is lost"],
  ["cd x; printf '%s' $(dmesg | grep -c refused)", "how a command in `$( )` ended is lost"],
  ["f() { local n=$(cat count); }", "how a command in `$( )` ended is lost"],
  ["x=$(dmesg | grep refused || true)", "behind `||`"],
  ["modprobe x || exit 0", "behind `||`"],
  ['[ "$(dmesg | grep -c refused)" = 0 ]', "is empty, and not what"],
  ["[ $(dmesg | grep -c refused) -eq 0 ]", "is empty, and not what"],
  ['[ "$(cat state)" = "" ]', "is empty, and not what"],
  ['if [ -n "$(dmesg -l err)" ]; then exit 1; fi', "is empty, and not what"],
  ["case $(cat state) in dead) exit 1;; esac", "is empty, and not what"],
  ["dmesg | grep refused && exit 1", "is not told where it could not look"],
  ["n=$(dmesg | grep -c refused) || n=0", "behind `||`"],
  ["while dmesg | grep refused; do sleep 1; done; echo gone", "or `while` could not look"],
  ["dmesg | grep -c refused || test $? -eq 1", "a command before grep in the pipe"],
  ["set +eu", "behind `set +e`"],
  ["set +o errexit", "behind `set +e`"],
  ["[ ! -e /sys/kernel/debug/ntb_client ]", "its file system is not mounted"],
  ["set -u\nset +e\nrmmod x", "behind `set +e`"],
  ["dmesg | grep -c refused || [ $? = 1 ]", "a command before grep in the pipe"],
])("%j is doubtful", (script, why) => {
  expect(doubtsOf(script)).toEqual([expect.stringContaining(why)]);
});

test.each([
  ["until grep -q up queues; do sleep 0.1; done"],
  ["while ! grep -q up queues; do sleep 0.1; done"],
  ["lines=$(dmesg | sed -n '/refused/p' | wc -l); echo lines $lines"],
  ["n=$(grep -c refused log) || [ $? = 1 ]; echo $n"],
  ["if [ $i = 50 ]; then echo never; else echo up; fi"],
  ["if ! mountpoint -q /sys/kernel/debug; then exit 1; fi"],
  ["echo looked $(($(polls) - before)) times"],
  ["local n; n=$(cat count)"],
  ["cd /proc/device-tree && [ ! -e dma-coherent ]"],
  ["echo $(date) | tee log"],
  ["dd if=x of=y || ended=$?"],
  ["[ $(cat links) = 2 ] && [ -s said ] && echo both"],
  ["[ $(grep -c ^ok report) = 2 ] || { cat report; exit 1; }"],
])("%j is not", (script) => {
  expect(doubtsOf(script)).toEqual([]);
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
  // The reason is that of one line, and of no other.
  expect(doubtsOf(`# fine: the report\n# may be gone\n${script}\nx || true`)).toHaveLength(1);
});

test("a step's work under way, and what fail-nth does before, is looked at; what is waited for is asked again", () => {
  const run = "x || true";
  expect(doubtsIn({ kind: "lose-link", params: { during: { run } } })).toHaveLength(1);
  expect(doubtsIn({ kind: "fail-nth", params: { run: "x", before: run } })).toHaveLength(1);
  expect(doubtsIn({ kind: "wait-until", params: { run } })).toEqual([]);
  expect(doubtsIn({ kind: "link", params: {} })).toEqual([]);
});

test("no scenario of the project has one", () => {
  const all = listScenarios(scenarioDirectory);
  expect(all.length).toBeGreaterThan(50);
  const doubts = all.flatMap(({ name, file }) =>
    readPlan(file).variants.flatMap(({ steps }) =>
      steps.flatMap((step) => doubtsIn(step).map((why) => `${name}: ${step.id}: ${why}`)),
    ),
  );
  expect([...new Set(doubts)]).toEqual([]);
});
