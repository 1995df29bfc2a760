// SPDX-License-Identifier: MIT
//
// The nightly workflow with all its kernels, as far as that can be seen without building or booting any: which job packs what,
// which part takes it in, and with which kernel its scenarios are run. The lab is played; workflow and scripts are the real ones.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gitIn } from "../../orchestrator/testing/git.ts";
import { FakeGitHub } from "../testing/fake-github.ts";
import { CacheService } from "./cache-service.ts";
import { type RehearsedJob, rehearse } from "./rehearse.ts";
import { checkOut, type Site } from "./site.ts";

const real = resolve(import.meta.dirname, "../..");
const kernels = readFileSync(join(real, "ci/kernels.txt"), "utf8").match(/^[^#\s]+(?= )/gm) ?? [];
const played = `#!/bin/sh\nexec node_modules/.ntb-edma-lab.node ci/testing/played-lab.ts "$@"\n`;

let directory: string;
let github: FakeGitHub;
let site: Site;
const told: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "all-kernels-test-"));
  github = await FakeGitHub.start("here/rehearsal", []);
  const caches = new CacheService(join(directory, "caches"));
  const project = join(directory, "project");
  mkdirSync(project);
  site = { project, directory, github, caches, built: undefined };
  await checkOut({ ...site, project: real }, project);
  writeFileSync(join(project, "ntb-edma-lab"), played);
  // What npm fetches is not copied for each job.
  symlinkSync(join(real, "node_modules"), join(project, "node_modules"));
  appendFileSync(join(project, ".git/info/exclude"), "node_modules\n");
  const git = gitIn(project);
  await git("add", "--all");
  await git("commit", "--quiet", "--message=played");
});
afterAll(async () => {
  await github.close();
  rmSync(directory, { recursive: true });
});

function night(): Promise<RehearsedJob[]> {
  const inputs = () => ({ kernels: "", scenarios: "", parts: "1" });
  const tell = (line: string) => void told.push(line);
  return rehearse(site, { workflow: "nightly", nights: 1, inputs, tell });
}

test("each part of each kernel boots what was built for that kernel, and all scenarios are run on all of them", async () => {
  const jobs = await night();
  const parts = kernels.map((kernel) => `${kernel}, 1, 1/1`);
  const names = [
    "plan",
    ...kernels.map((kernel) => `provision ${kernel}`),
    ...parts.map((part) => `scenarios ${part}`),
    "report",
  ];
  expect(
    jobs.map(({ name, result }) => `${name}: ${result}`),
    told.join("\n"),
  ).toEqual(names.map((name) => `${name}: success`));
  const report = readFileSync(jobs.at(-1)?.log ?? "", "utf8");
  expect(report).toMatch(/^(\d+) of \1 runs were made, \d+ skipped as expected$/m);
  const packs = site.caches.entries.filter(({ key }) => key.startsWith("lab-"));
  expect(packs.map(({ key }) => key.split("-")[2]).sort()).toEqual([...kernels].sort());
}, 240_000);
