// SPDX-License-Identifier: MIT
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are GitHub's expressions written
//
// Rehearsals of small workflows, in a repository made for them.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { gitIn } from "../../orchestrator/testing/git.ts";
import { FakeGitHub } from "../testing/fake-github.ts";
import { CacheService } from "./cache-service.ts";
import { rehearse } from "./rehearse.ts";
import type { Site } from "./site.ts";

let root: string;
let site: Site;
let told: string[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "rehearse-test-"));
  const project = join(root, "project");
  mkdirSync(join(project, ".github/workflows"), { recursive: true });
  mkdirSync(join(project, "node_modules/thing"), { recursive: true });
  writeFileSync(join(project, ".gitignore"), "node_modules\n.github\n");
  for (const name of ["changed", "gone"]) writeFileSync(join(project, name), "as committed\n");
  const git = gitIn(project);
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=x");
  const directory = join(root, "rehearsal");
  const github = await FakeGitHub.start("here/rehearsal", []);
  const caches = new CacheService(join(directory, "caches"));
  site = { project, directory, github, caches, built: undefined };
  told = [];
});
afterEach(async () => {
  await site.github.close();
  rmSync(root, { recursive: true });
});

type Step = Record<string, unknown>;

/** A job that checks the clone out and does these steps; one that is a text is a command. */
function job(steps: readonly (string | Step)[], more: Record<string, unknown> = {}) {
  const all = steps.map((step) => (typeof step === "string" ? { run: step } : step));
  const head = { "runs-on": "ubuntu-24.04", "timeout-minutes": 1, ...more };
  return { ...head, steps: [{ uses: "actions/checkout@1" }, ...all] };
}

/** What came of each job, in so many runs of the workflow. */
async function run(jobs: Record<string, unknown>, nights = 1, machines = 1): Promise<string[]> {
  const workflow = { name: "x", on: { schedule: [{ cron: "1 2 * * *" }] }, permissions: {}, jobs };
  writeFileSync(join(site.project, ".github/workflows/x.yml"), stringify(workflow));
  const tell = (line: string) => void told.push(line);
  const done = await rehearse(site, { workflow: "x", nights, machines, inputs: () => ({}), tell });
  return done.map(({ name, result }) => `${name}: ${result}`);
}

const upload = (given: Record<string, unknown>) => ({
  uses: "actions/upload-artifact@1",
  with: given,
});
const download = (given: Record<string, unknown>) => ({
  ...{ uses: "actions/download-artifact@1", with: given },
});

describe("a job has", () => {
  test("nothing of another one, neither its files nor its home, and no variable of this machine", async () => {
    vi.stubEnv("HERE", "yes");
    const jobs = {
      one: job(["touch left $HOME/left"]),
      two: job(['test ! -e left -a ! -e $HOME/left -a -z "$HERE"'], { needs: "one" }),
    };
    expect(await run(jobs)).toEqual(["one: success", "two: success"]);
    expect(await run({ ...jobs, two: job(["test -e left"], { needs: "one" }) })).toEqual([
      ...["one: success", "two: failure"],
    ]);
    vi.unstubAllEnvs();
  });

  test("the clone as it is now, and what npm fetches", async () => {
    writeFileSync(join(site.project, "changed"), "as changed\n");
    writeFileSync(join(site.project, "new"), "");
    rmSync(join(site.project, "gone"));
    const node = { uses: "actions/setup-node@1", with: { "node-version": 20 } };
    const look = "grep -q 'as changed' changed; test -e new -a ! -e gone -a -e node_modules/thing";
    expect(await run({ one: job([node, look]) })).toEqual(["one: success"]);
  });

  test("outputs of jobs before it, its combination of the matrix, and artifacts", async () => {
    const say = { id: "say", run: `echo 'parts=["a", "b"]' >> $GITHUB_OUTPUT` };
    const parts = { parts: "${{ steps.say.outputs.parts }}" };
    const matrix = { part: "${{ fromJSON(needs.plan.outputs.parts) }}" };
    const jobs = {
      plan: job([say, "mkdir out && echo x > out/file", upload({ name: "out", path: "out" })], {
        outputs: parts,
      }),
      part: job(
        [
          download({ name: "out" }),
          { run: "test -f file; test $PART != b", env: { PART: "${{ matrix.part }}" } },
        ],
        {
          ...{ needs: "plan", strategy: { "fail-fast": false, matrix } },
        },
      ),
      report: job([download({ pattern: "o*", path: "in" }), "test -f in/out/file"], {
        ...{ needs: "part", if: "${{ !cancelled() }}" },
      }),
      skipped: job([], { needs: "part" }),
    };
    const came = ["plan: success", "part a: success", "part b: failure", "report: success"];
    expect(await run(jobs)).toEqual(came);
    expect(told).toContain("  skipped  skipped");
  });

  test.each([
    [1, 0],
    [1, Number.NaN],
    [0, 1],
    [0.5, 1],
  ])("not passed where %d nights on %d machines run none", async (nights, machines) => {
    const jobs = { one: job(["false"], { strategy: { matrix: { part: ["a"] } } }) };
    await expect(run(jobs, nights, machines)).rejects.toThrow("a whole number above 0 of");
  });

  test("the jobs of its matrix beside it, each on a machine of its own; what comes behind waits for all", async () => {
    // Neither ends before both have begun.
    const meet = "touch $HOME/../../$PART; until test -e $HOME/../../$OTHER; do sleep 0.1; done";
    const late = "test $PART = b || until test -e $HOME/../../b-is-over; do sleep 0.1; done";
    const over = "test ! -e mine; touch mine; test $PART = a || touch $HOME/../../b-is-over";
    const env = { PART: "${{ matrix.part }}", OTHER: "${{ matrix.other }}" };
    const steps = [meet, late, over].map((run) => ({ run, env }));
    const pairs = [
      { part: "a", other: "b" },
      { part: "b", other: "a" },
    ];
    const strategy = { "fail-fast": false, matrix: { include: pairs } };
    const jobs = {
      part: job(steps, { strategy, "timeout-minutes": 0.5 }),
      last: job(["test -e $HOME/../../b-is-over"], { needs: "part" }),
    };
    expect(await run(jobs, 1, 2)).toEqual([
      ...["part a, b: success", "part b, a: success", "last: success"],
    ]);
  });

  test("variables that an earlier step set, and steps that run after a failure", async () => {
    const steps = [
      "echo WORD=said >> $GITHUB_ENV",
      'test "$WORD" = said; exit 3',
      "touch never",
      { if: "always()", run: "test ! -e never; touch $HOME/../../at-the-end" },
    ];
    expect(await run({ one: job(steps) })).toEqual(["one: failure"]);
    expect(existsSync(join(site.directory, "at-the-end"))).toBe(true);
    expect(told.join("\n")).toContain("step 3: exit status 3");
  });

  test("a limit", async () => {
    const slow = job(["(sleep 1000; touch $HOME/../../late) & wait"], { "timeout-minutes": 0.01 });
    expect(await run({ slow })).toEqual(["slow: failure"]);
    expect(told.join("\n")).toContain("took longer than the job's 0.01 minutes");
  });
});

describe("a cache", () => {
  const step = (what: string, path: string, key: string, more = {}) => ({
    ...{ id: "cache", uses: `actions/cache/${what}@1`, with: { path, key, ...more } },
  });
  const container = { container: "debian:12" };
  const restored = "test -e kept";

  test("is what a run before saved last under such a key", async () => {
    const jobs = {
      look: job([
        step("restore", "kept", "k-${{ github.run_id }}", { "restore-keys": "k-" }),
        "cat kept >> $HOME/../../seen || true",
        {
          if: "steps.cache.outputs.cache-matched-key != ''",
          run: "echo matched >> $HOME/../../seen",
        },
        'echo "$GITHUB_RUN_ID" > kept',
        step("save", "kept", "k-${{ github.run_id }}"),
      ]),
    };
    expect(await run(jobs, 3)).toEqual(Array(3).fill("look: success"));
    const seen = readFileSync(join(site.directory, "seen"), "utf8");
    expect(seen).toBe("1\nmatched\n2\nmatched\n");
  });

  test("is never written twice", async () => {
    const jobs = { one: job(['echo "$GITHUB_RUN_ID" > kept', step("save", "kept", "k")]) };
    await run(jobs, 2);
    expect(site.caches.entries.map(({ key }) => key)).toEqual(["k"]);
    expect(told.join("\n")).toContain("not saved: there is k already");
  });

  test.each([
    ["the same", "kept", {}, "success"],
    ["other paths", "kept\nmore", {}, "failure"],
    ["another way of packing, for want of zstd", "kept", container, "failure"],
  ])("is found by who asks for the same: %s", async (_, path, more, result) => {
    const jobs = {
      one: job(["touch kept", step("save", "kept", "k")]),
      two: job([step("restore", path, "k"), restored], { needs: "one", ...more }),
    };
    expect(await run(jobs)).toEqual(["one: success", `two: ${result}`]);
  });

  test("leaves out what its paths leave out", async () => {
    const path = "dir/*\n!dir/trees";
    const jobs = {
      one: job(["mkdir -p dir/kept dir/trees", step("save", path, "k")]),
      two: job([step("restore", path, "k"), "test -e dir/kept -a ! -e dir/trees"], {
        needs: "one",
      }),
    };
    expect(await run(jobs)).toEqual(["one: success", "two: success"]);
  });

  test("of the lab is this machine's where there is none yet", async () => {
    const built = join(root, "built");
    for (const name of ["kernel/1", "trees/kernel-1", "trees/linux-source-7", "logs/x"]) {
      mkdirSync(join(built, name), { recursive: true });
    }
    const look = "cd $HOME/.cache/ntb-edma-lab; test -e kernel/1 -a -e trees/linux-source-7";
    const jobs = {
      one: job([step("restore", "kept", "lab-x"), look, "test ! -e trees/kernel-1 -a ! -e logs"]),
      two: job([step("restore", "kept", "other-x"), "test ! -e $HOME/.cache"]),
    };
    site = { ...site, built };
    expect(await run(jobs)).toEqual(["one: success", "two: success"]);
  });
});

describe("what is not known fails", () => {
  test.each([
    ["an action", job([{ uses: "somebody/something@1" }])],
    ["an input", job([{ uses: "actions/cache/save@1", with: { path: "a", key: "b", fail: "x" } }])],
    ["an artifact", job([download({ name: "nothing" })])],
  ])("%s", async (_, one) => {
    expect(await run({ one })).toEqual(["one: failure"]);
  });

  test("a key of the workflow", async () => {
    await expect(run({ one: { ...job([]), services: {} } })).rejects.toThrow("services");
    await expect(run({ one: job([], { needs: "two" }) })).rejects.toThrow("two");
  });
});
