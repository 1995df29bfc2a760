// SPDX-License-Identifier: MIT
//
// The workflow of each push as GitHub would run it, for two pushes. The tests themselves are this test's own; of them stand one
// real run, and of the fuzzers a file that they learned. All else is the workflow's: what it restores, packs, saves and keeps.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultCacheRoot } from "../../orchestrator/provision/cache/cache.ts";
import { FakeGitHub } from "../testing/fake-github.ts";
import { CacheService } from "./cache-service.ts";
import { type RehearsedJob, rehearse } from "./rehearse.ts";

let directory: string;
let jobs: RehearsedJob[];
let caches: CacheService;
const told: string[] = [];

/**
 * The first push builds what a run and the device tests need; the second has it from there, and boots it. It fails after its
 * run has passed.
 */
const tests = (run: number) => `#!/bin/sh
set -e
./ntb-edma-lab build --headers
[ ${run} = 1 ] || npm run --silent scenario smoke -- --out runs/smoke --history runs/history.jsonl
exit ${run - 1}
`;
const fuzz =
  "ls .cache/ntb-edma-lab/fuzz-corpus || true; mkdir -p .cache/ntb-edma-lab/fuzz-corpus/t; date +%s%N > .cache/ntb-edma-lab/fuzz-corpus/t/learned";

beforeAll(async () => {
  const built = defaultCacheRoot();
  // On one file system with the cache, whose files need not be copied then.
  directory = mkdtempSync(join(dirname(built), "rehearsal-test-"));
  caches = new CacheService(join(directory, "caches"));
  const github = await FakeGitHub.start("here/rehearsal", []);
  const amend = (workspace: string, run: number) => {
    writeFileSync(join(workspace, ".ci/run"), tests(run));
    const file = join(workspace, "package.json");
    const project = JSON.parse(readFileSync(file, "utf8"));
    project.scripts.fuzz = `: && ${fuzz} #`;
    writeFileSync(file, JSON.stringify(project));
  };
  const project = resolve(import.meta.dirname, "../..");
  const site = { project, directory, github, caches, built, amend, dispensable: ["chromium"] };
  const tell = (line: string) => void told.push(line);
  jobs = await rehearse(site, { workflow: "ci", nights: 2, inputs: () => ({}), tell });
  await github.close();
  process.stderr.write(`${told.join("\n")}\n`);
}, 600_000);
afterAll(() => rmSync(directory, { recursive: true }));

test("a push passes where its tests do, and fails where they fail", () => {
  const came = jobs.map(({ night, name, result }) => `${night}: ${name}: ${result}`);
  expect(came, told.join("\n")).toEqual(["1: test: success", "2: test: failure"]);
});

test("the second push begins with what the first one built, and builds nothing", () => {
  const [first = [], second = []] = jobs.map(({ notes }) => notes);
  expect(first).toContainEqual(expect.stringMatching(/^saved lab-\w+-ci-1-1, /));
  expect(second).toContainEqual(expect.stringMatching(/^restored lab-\w+-ci-1-1$/));
  // Nothing that was built is lost by a test that fails, and what has not changed is not kept twice.
  expect(second.filter((note) => note.startsWith("saved lab-"))).toEqual([]);
  const text = readFileSync(jobs[1]?.log ?? "", "utf8");
  expect(text).toContain("smoke: half a minute");
  expect(text).not.toMatch(/^ *(?:Build|Make|Put|Fetch|Unpack) .* \.\.\.$/m);
});

test("what the fuzzers learned goes from push to push", () => {
  const corpora = caches.entries.filter(({ key }) => key.startsWith("corpus-"));
  // A failing test leaves them no turn: what the first push learned stays.
  expect(corpora.map(({ key }) => key)).toEqual(["corpus-1-1"]);
});
