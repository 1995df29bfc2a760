// SPDX-License-Identifier: MIT
//
// The nightly workflow as GitHub would run it, twice, in short: one kernel, three scenarios and then two, two parts. What this machine has
// built stands for a first build; everything behind it has only what jobs hand to each other. One of the scenarios passes only
// when a kernel's stack is decoded. Before the second night one of the project's modules is changed.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultCacheRoot } from "../../orchestrator/provision/cache/cache.ts";
import { FakeGitHub } from "../testing/fake-github.ts";
import { CacheService } from "./cache-service.ts";
import { type RehearsedJob, rehearse } from "./rehearse.ts";

/** Of the second night each part has one, which is enough to see what it has of the first. */
const scenarios = (night: number) => [
  ...["smoke", "transport-window"],
  ...(night === 1 ? ["ntb-surprise-removal"] : []),
];
const inputs = (night: number) => ({
  ...{ kernels: "pinned", scenarios: scenarios(night).join(" "), parts: "2" },
});

const changed = "guest-images/modules/ntb_transport/core/core.c";

let directory: string;
let jobs: RehearsedJob[];
let caches: CacheService;
const told: string[] = [];

beforeAll(async () => {
  const built = defaultCacheRoot();
  // On one file system with the cache, whose files need not be copied then.
  directory = mkdtempSync(join(dirname(built), "rehearsal-test-"));
  caches = new CacheService(join(directory, "caches"));
  const github = await FakeGitHub.start("here/rehearsal", []);
  const project = resolve(import.meta.dirname, "../..");
  const amend = (workspace: string, run: number) => {
    if (run > 1) appendFileSync(join(workspace, changed), "/* changed */\n");
  };
  const site = { project, directory, github, caches, built, amend };
  const tell = (line: string) => void told.push(line);
  jobs = await rehearse(site, { workflow: "nightly", nights: 2, inputs, tell });
  await github.close();
  process.stderr.write(`${told.join("\n")}\n`);
}, 600_000);
afterAll(() => rmSync(directory, { recursive: true }));

test("every job passes in the first night and in the second", () => {
  const names = [
    "plan",
    "provision pinned",
    "scenarios pinned, 1, 1/2",
    "scenarios pinned, 2, 2/2",
    "report",
  ];
  const came = jobs.map(({ night, name, result }) => `${night}: ${name}: ${result}`);
  const wanted = [1, 2].flatMap((night) => names.map((name) => `${night}: ${name}: success`));
  expect(came, told.join("\n")).toEqual(wanted);
});

test("all scenarios have been run, and none was skipped", () => {
  for (const { night, log } of jobs.filter(({ name }) => name === "report")) {
    const all = scenarios(night).length;
    expect(readFileSync(log, "utf8")).toContain(
      `${all} of ${all} runs were made\n${all} of ${all} scenarios passed, exit status 0\n`,
    );
  }
});

test("the second night begins with what the first has built: a changed module is all that it builds", () => {
  const provision = jobs.filter(({ name }) => name.startsWith("provision"));
  expect(provision.map(({ notes }) => notes)).toEqual([
    [
      expect.stringContaining("this machine's stands for what it would build"),
      expect.stringMatching(/^saved lab-\w+-pinned-1-1, /),
    ],
    [
      expect.stringMatching(/^restored lab-\w+-pinned-1-1$/),
      expect.stringMatching(/^saved lab-\w+-pinned-2-1, /),
    ],
  ]);
  const built = jobs.map(
    ({ log }) =>
      readFileSync(log, "utf8").match(/^ *(?:Build|Make|Put|Fetch|Unpack) .* \.\.\.$/gm) ?? [],
  );
  expect(built.filter((steps) => steps.length > 0)).toEqual([
    [
      expect.stringContaining("Build the project's kernel modules"),
      expect.stringContaining("Put the guests' image together"),
    ],
  ]);
});

test("the second night knows what the first has measured", () => {
  const history = jobs.filter(({ name }) => name.startsWith("scenarios")).map(({ log }) => log);
  const restored = history.map((log) => readFileSync(log, "utf8").includes("restored history-"));
  expect(restored).toEqual([false, false, true, true]);
});

test("ten nights of which each has built anew take less than half of what GitHub keeps", () => {
  const night = caches.entries.filter(({ key }) => key.endsWith("-1-1"));
  const bytes = night.reduce((sum, entry) => sum + entry.bytes, 0);
  const kernels = 4;
  expect(bytes * kernels * 10).toBeLessThan(5e9);
});
