// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLValidator } from "fast-xml-parser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { annotations, lineOfCheck } from "./annotations.ts";
import { digestOf } from "./compare.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { overviewPage } from "./html/nights/overview.ts";
import { markdown, nightlyIssue } from "./markdown.ts";
import { merge } from "./merge.ts";
import { writeMerged } from "./merged-files.ts";
import type { RunResult } from "./result.ts";
import { failingRun, hostileText, passingRun } from "./testing/samples.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "merge-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, value: unknown): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), JSON.stringify(value));
}

/** What one shard leaves. */
function shard(
  name: string,
  index: number,
  count: number,
  results: RunResult[],
  more: string[] = [],
  label = "",
) {
  const scenarios = [...results.map(({ scenario }) => scenario), ...more];
  put(`${name}/shard.json`, { schema: 1, label, shard: { index, count }, scenarios });
  for (const result of results) put(`${name}/${result.scenario}/result.json`, result);
}

const named = (scenario: string, run: RunResult = passingRun()): RunResult => ({
  ...run,
  scenario,
});
const flaky = (): RunResult => ({
  ...passingRun({ scenario: "shaky", verdict: "flaky" }),
  attempts: [
    {
      ...passingRun(),
      verdict: "fail",
      exitStatus: 1,
      directory: "attempt-1",
      problems: ["boot: slow"],
    },
    { ...passingRun(), directory: "attempt-2", problems: [] },
  ],
});

test("shards become one, in the order of their scenarios; attempts inside are not runs", async () => {
  shard("one", 1, 2, [named("b"), named("d")]);
  shard("two", 2, 2, [named("a"), flaky()]);
  put("two/shaky/attempt-1/result.json", failingRun());
  const merged = await merge([join(root, "one"), join(root, "two")]);
  expect(merged.runs.map(({ result }) => result.scenario)).toEqual(["a", "b", "d", "shaky"]);
  expect(merged).toMatchObject({ missing: [], exitStatus: 0 });
});

test("a shard or a scenario that left nothing is missing: it could not be judged", async () => {
  shard("one", 1, 3, [named("a")], ["gone"]);
  shard("three", 3, 3, [named("c")], [], "");
  const merged = await merge([root]);
  expect(merged.missing).toEqual(["shard 2/3 left nothing", "gone: no result (shard 1/3)"]);
  expect(merged.exitStatus).toBe(125);
  await writeMerged(merged, join(root, "report"), []);
  const junit = readFileSync(join(root, "report/junit.xml"), "utf8");
  for (const text of merged.missing) expect(junit).toContain(`<error message="${text}"`);
  expect(await merge([mkdtempSync(join(root, "empty-"))])).toMatchObject({
    missing: ["there is no result.json at all"],
    exitStatus: 125,
  });
});

test("runs of the same scenario are told apart by their label", async () => {
  shard("p", 1, 1, [named("a"), named("b")], [], "pinned");
  shard("n", 1, 1, [named("a", failingRun())], ["b"], "newest");
  const merged = await merge([root]);
  expect(merged.runs.map(({ label, result }) => [label, result.verdict])).toEqual([
    ["newest", "fail"],
    ["pinned", "pass"],
    ["pinned", "pass"],
  ]);
  expect(merged.missing).toEqual(["b of newest: no result (shard 1/1)"]);
  expect(merged.exitStatus).toBe(1);
});

test("what an earlier command with other scenarios left in the same directory does not count", async () => {
  shard("out", 1, 1, [named("a")]);
  put("out/renamed/result.json", named("renamed", failingRun()));
  const merged = await merge([join(root, "out")]);
  expect(merged.runs.map(({ result }) => result.scenario)).toEqual(["a"]);
  expect(merged.exitStatus).toBe(0);
});

test("a result that was cut off is told with its name, not passed over", async () => {
  mkdirSync(join(root, "a"));
  writeFileSync(join(root, "a/result.json"), '{"schema": 1, "scen');
  await expect(merge([root])).rejects.toThrow("a/result.json is no result of a run");
});

describe("what is told of many runs", () => {
  const read = (name: string) => readFileSync(join(root, "out", name), "utf8");
  async function written() {
    shard("one", 1, 2, [named("good"), named("bad", failingRun())]);
    shard("two", 2, 2, [flaky()], ["gone"]);
    const merged = await merge([join(root, "one"), join(root, "two")]);
    await writeMerged(merged, join(root, "out"), []);
    return merged;
  }

  test("the page shows what failed first, with a link to the run's own report", async () => {
    await written();
    const page = read("report.html");
    expect(page).toContain('<a href="../one/bad/report.html">bad</a>');
    const at = (id: string) => page.indexOf(`<section id="${id}"`);
    expect(at("missing")).toBeGreaterThan(0);
    expect(at("failures")).toBeGreaterThan(at("missing"));
    expect(at("all")).toBeGreaterThan(at("failures"));
    expect(page).toContain("attempt 1: boot: slow");
    expect(page).not.toContain(hostileText);
  });

  test("JUnit has every suite", async () => {
    await written();
    expect(XMLValidator.validate(read("junit.xml"))).toBe(true);
    expect(read("junit.xml").match(/<testsuite /g)).toHaveLength(4);
  });

  test("the Markdown is a table, then what did not pass; a guest's text stays text", async () => {
    await written();
    const text = read("summary.md");
    expect(text).toMatch(/^## 1 of 3 scenarios passed\n/);
    expect(text).toContain("| ❌ fail | bad | 1 / 1 / 18 | 80 s | 7.3.4 (Debian 7.3.4-1) |");
    expect(text).toContain("- attempt 1: boot: slow");
    expect(text).toContain("    npm run scenario".trim());
    const outside = text.replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, "");
    expect(outside).not.toMatch(/<script|<img|@/);
  });

  test("the issue says scenario, fingerprint, since when, and the command", async () => {
    const merged = await written();
    const bad = named("bad", failingRun());
    const fingerprint = fingerprintOf(bad);
    const earlier = digestOf({ ...bad, started: "2026-11-19T02:17:00.000Z" });
    const issue = nightlyIssue(merged, [earlier]);
    expect(issue?.title).toBe("Nightly: bad, shaky");
    expect(issue?.fingerprints).toEqual([fingerprint, expect.stringMatching(/^[0-9a-f]{12}$/)]);
    expect(issue?.body).toContain(`\`${fingerprint}\`, failing so since 2026-11-19T02:17:00.000Z`);
    expect(issue?.body).toContain("npm run scenario remote-edma");
    expect(JSON.parse(read("issue.json"))).toMatchObject({ title: issue?.title });
  });

  test("a night that passed has no issue", async () => {
    shard("one", 1, 1, [named("good")]);
    const merged = await merge([join(root, "one")]);
    expect(nightlyIssue(merged, [])).toBeUndefined();
    expect(markdown(merged, [])).toContain("## 1 of 1 scenarios passed");
    expect(overviewPage(merged, root)).toContain(
      '<span class="badge pass">pass</span> 1 scenarios',
    );
  });

  test("annotations stand at the check, and no text can end one or begin another", async () => {
    const merged = await written();
    const lines = annotations(merged, (_scenario, [check]) => ({
      file: "scenarios/a,b.yaml",
      line: check === "check-1" ? 7 : 1,
    }));
    expect(lines[0]).toBe("::error title=missing result::gone: no result (shard 2/2)");
    const failed = lines.find((line) => line.includes("check-1"));
    expect(failed).toMatch(
      /^::error file=scenarios\/a%2Cb\.yaml,line=7,title=bad%3A check-1::too slow /,
    );
    expect(lines.every((line) => !line.includes("\n"))).toBe(true);
    expect(lines.at(-1)).toMatch(/^::warning .*shaky is flaky::boot: slow$/);
  });
});

test("an annotation of a run that broke off names the step, in its variant", async () => {
  const run = passingRun({ scenario: "judging", verdict: "fail", exitStatus: 1, checks: [] });
  const step = { ...run.steps[0], id: "oops.say", status: "failed", variant: "oops" };
  const other = { ...run.steps[0], id: "panic.say", status: "failed", variant: "panic" };
  const failure = { phase: "Complain", message: "host VM: oops", excerpt: [], variant: "oops" };
  put("one/result.json", { ...run, steps: [other, step], failure });
  const names: (readonly string[])[] = [];
  annotations(await merge([root]), (_scenario, given) => {
    names.push(given);
    return undefined;
  });
  expect(names).toEqual([["oops: Complain", "oops.say"]]);
});

test("a check or step is found in its scenario, in either way of writing it", () => {
  const text =
    "name: x\nsteps:\n  - { do: selftest, as: suite }\nchecks:\n  - id: one\n  - { id: two, check: b }\n  - id: one-more\n";
  const names = ["one", "two", "one-more", "suite", "three"];
  expect(names.map((name) => lineOfCheck(text, name))).toEqual([5, 6, 7, 3, 1]);
});
