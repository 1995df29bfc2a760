// SPDX-License-Identifier: MIT
//
// The script runs in a real shell; files stand for debugfs and for the count in /proc.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { failNth, failNthScript, parseAttempts } from "./fail-nth.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fail-nth-test-"));
  for (const name of ["failslab", "fail_page_alloc", "fail_usercopy"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "modules"), "ntb_hw_epf 24576 0 - Live 0xffff800078000000\n");
});
afterEach(() => rmSync(root, { recursive: true }));

/** A command that makes three allocations: each takes one off the count, and the one that comes to 0 fails. */
const threeAllocations = `left=$(cat COUNT)
for i in 1 2 3; do
  [ "$left" -gt 0 ] || continue
  left=$((left - 1)); echo $left > COUNT
  [ "$left" != 0 ] || return 12
done`;

function run(fields: object) {
  const params = failNth.schema.parse({ on: "host", run: threeAllocations, ...fields });
  const script = failNthScript(params as never)
    .replaceAll("/sys/kernel/debug", root)
    .replaceAll("/proc/self/fail-nth", join(root, "count"))
    .replaceAll("COUNT", join(root, "count"))
    .replaceAll("/proc/modules", join(root, "modules"));
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  return { status, attempts: parseAttempts(stdout), stderr };
}

test("each allocation has its turn, and the try without any left is the last", () => {
  const { status, attempts } = run({});
  expect(status).toBe(0);
  expect(attempts).toEqual([
    { n: 1, status: 12, failed: true },
    { n: 2, status: 12, failed: true },
    { n: 3, status: 12, failed: true },
    { n: 4, status: 0, failed: false },
  ]);
});

test("from, most, and what is done before and after each try", () => {
  const log = join(root, "log");
  const { attempts } = run({
    from: 2,
    most: 2,
    before: `echo b >> ${log}`,
    after: `echo a >> ${log}`,
  });
  expect(attempts.map(({ n }) => n)).toEqual([2, 3]);
  expect(readFileSync(log, "utf8")).toBe("b\na\nb\na\n");
  expect(run({ after: "false" })).toMatchObject({
    status: 1,
    stderr: "what is done after try 1 failed\n",
  });
});

test("a module's code alone is where it lies in memory", () => {
  run({ module: "ntb-hw-epf" });
  expect(readFileSync(join(root, "failslab/require-start"), "utf8")).toBe("0xffff800078000000\n");
  expect(readFileSync(join(root, "failslab/require-end"), "utf8")).toBe("0xffff800078006000\n");
  expect(readFileSync(join(root, "fail_usercopy/require-end"), "utf8")).toBe("2\n");
  expect(run({ module: "gone" }).stderr).toBe("the module gone is not loaded\n");
});

test("what the command prints last may have no end of line", () => {
  const { attempts } = run({ most: 2, run: `printf '%s' something; ${threeAllocations}` });
  expect(attempts.map(({ n, failed }) => [n, failed])).toEqual([
    [1, true],
    [2, true],
  ]);
});

test("a try whose shell is killed ends the step: those behind it were not made", () => {
  const dies = `[ "$(cat COUNT)" != 2 ] || kill -KILL $$\n${threeAllocations}`;
  const { status, attempts, stderr } = run({ most: 3, run: dies });
  expect(attempts.map(({ n }) => n)).toEqual([1]);
  expect(stderr).toContain("try 2 did not come to its end: its shell ended with status 137");
  expect(status).toBe(1);
});

test("needs a kernel that looks at whose code asks", () => {
  const step = { params: failNth.schema.parse({ on: "host", run: "true" }) } as never;
  expect(failNth.needs(step, {} as never).host).toContain(
    "CONFIG_FAULT_INJECTION_STACKTRACE_FILTER",
  );
});

test("a count that could not be read back was met by the reading: nothing of the command was left", () => {
  expect(parseAttempts("noise\ntry 7 0 \ntry 8 1 0\ntry 9 0 5\n")).toEqual([
    { n: 7, status: 0, failed: false },
    { n: 8, status: 1, failed: true },
    { n: 9, status: 0, failed: false },
  ]);
});

test("tries that came to an end before all had their turn are told, unless the first ones were enough", () => {
  const evidence = { attempts: [{ n: 1, status: 1, failed: true }], complete: false };
  const step = (params: object) => ({ params }) as never;
  expect(failNth.failure(step({}), evidence)?.message).toContain(
    "more allocations than the 1 that",
  );
  expect(failNth.failure(step({ most: 1 }), evidence)).toBeUndefined();
  expect(failNth.failure(step({}), { ...evidence, complete: true })).toBeUndefined();
});
