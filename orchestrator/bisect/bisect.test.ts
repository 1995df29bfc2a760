// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InfrastructureError, UsageError } from "../errors.ts";
import { passingRun } from "../report/testing/samples.ts";
import { gitIn } from "../testing/git.ts";
import { type Bisection, bisect } from "./bisect.ts";
import { stepsLeft, timeLeft } from "./progress.ts";
import { commitOf, commitsBetween, openRepository } from "./repository.ts";

let directory: string;
let tree: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "bisect-"));
  tree = join(directory, "linux");
  mkdirSync(tree);
  await git("init", "--quiet", "--initial-branch=main");
});
afterEach(() => rmSync(directory, { recursive: true }));

const git = (...args: string[]) => gitIn(tree)(...args);

/** A history in which the file `outcome` holds, commit by commit, the exit status of a run on it, and how it fails. */
async function history(...statuses: (number | `1 ${string}`)[]): Promise<string[]> {
  const commits: string[] = [];
  for (const [index, status] of statuses.entries()) {
    writeFileSync(join(tree, "outcome"), `${status}\n`);
    writeFileSync(join(tree, "number"), `${index}\n`);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", `commit ${index}`);
    commits.push((await git("rev-parse", "HEAD")).stdout);
  }
  return commits;
}

/** Stands for this program: ends as the file in the tree of `--kernel` says, and leaves a result if that says how. */
function stub(): string[] {
  const file = join(directory, "program.sh");
  writeFileSync(
    file,
    `set -e
     while [ $# -gt 0 ]; do
       case $1 in --kernel) kernel=$2 ;; --out) out=$2 ;; esac
       shift
     done
     read -r status message < "$kernel/outcome"
     if [ -n "$message" ]; then
       mkdir "$out"
       sed "s/MESSAGE/$message/" "${directory}/result.json" > "$out/result.json"
     fi
     exit "$status"`,
  );
  const failure = { phase: "Load", message: "MESSAGE", excerpt: [] };
  const result = { ...passingRun(), verdict: "fail", exitStatus: 1, failure };
  writeFileSync(join(directory, "result.json"), JSON.stringify(result));
  return ["/bin/sh", file];
}

async function setUp(commits: readonly string[], more: Partial<Bisection> = {}) {
  const repository = await openRepository(tree);
  const said: string[] = [];
  const good = await commitOf(repository, "--good", commits[0] ?? "");
  const bad = await commitOf(repository, "--bad", commits.at(-1) ?? "");
  const job = {
    ...{ program: stub(), scenario: "x.yaml", flags: [], anyFailure: false },
    out: join(directory, "out"),
  };
  const bisection: Bisection = {
    ...{ repository, good, bad, job, trust: false },
    cacheRoot: join(directory, "cache"),
    count: await commitsBetween(repository, good, bad),
    say: (line) => said.push(line),
    signal: new AbortController().signal,
    ...more,
  };
  return { bisection, said, job };
}

describe("a bisection", () => {
  test("finds the first bad commit, skips what cannot be judged, and leaves the check-out alone", async () => {
    const commits = await history(0, 125, 0, 2, 0, 1, 1, 125, 1);
    writeFileSync(join(tree, "number"), "changed and not committed\n");
    const { bisection, said, job } = await setUp(commits);
    expect((await bisect(bisection)).commits).toEqual([commits[5]]);
    // How long it took is told in words of its own, see spell().
    expect(said.join("\n")).toMatch(/^1\. [0-9a-f]{12} commit 8\n {3}bad in .* s/);
    expect(said.join("\n")).toMatch(/8 commits, about 3 steps left, .* s\./);
    expect(readFileSync(join(tree, "number"), "utf8")).toBe("changed and not committed\n");
    expect((await git("rev-parse", "--abbrev-ref", "HEAD")).stdout).toBe("main");
    expect(readFileSync(join(job.out, "bisect.log"), "utf8")).toContain("first bad commit");
  });

  test("uses its working tree again", async () => {
    const commits = await history(0, 1, 1);
    const { bisection } = await setUp(commits, { trust: true });
    const found = await bisect(bisection);
    expect(found.commits).toEqual([commits[1]]);
    expect(await bisect(bisection)).toEqual(found);
  });

  test("leaves the person's other working trees and hooks alone", async () => {
    const commits = await history(0, 1);
    const away = join(directory, "away");
    await git("worktree", "add", "--quiet", "--detach", away);
    rmSync(away, { recursive: true });
    const hook = join(tree, ".git/hooks/post-checkout");
    writeFileSync(hook, `#!/bin/sh\necho run > ${join(directory, "hook")}\n`, { mode: 0o755 });
    const { bisection } = await setUp(commits);
    expect((await bisect(bisection)).commits).toEqual([commits[1]]);
    expect((await git("worktree", "list", "--porcelain")).stdout).toContain(away);
    expect(existsSync(join(directory, "hook"))).toBe(false);
  });

  test("names all candidates where those between cannot be judged", async () => {
    const commits = await history(0, 0, 125, 125, 1, 1);
    const { bisection } = await setUp(commits);
    const found = await bisect(bisection);
    expect([...found.commits].sort()).toEqual([...commits.slice(2, 5)].sort());
  });

  describe("through commits that fail in another way than --bad", () => {
    const outcomes = [0, "1 other", "1 hunted", "1 hunted"] as const;

    test("skips them, and says so", async () => {
      const commits = await history(0, "1 other", 0, "1 hunted", "1 other", "1 hunted");
      const { bisection, said } = await setUp(commits);
      const found = await bisect(bisection);
      expect(found.commits).toEqual([commits[3]]);
      const text = said.join("\n");
      expect(text).toContain("What fails in another way than --bad is skipped.");
      expect(text).toMatch(/skipped in .* s, failing in another way than --bad: Load: other/);
      expect(found.differing.join("\n")).toMatch(/were skipped; --any-failure.*\n.* Load: other$/s);
    });

    test("or takes them as bad when it is told to", async () => {
      const commits = await history(...outcomes);
      const { bisection, said, job } = await setUp(commits);
      const found = await bisect({ ...bisection, job: { ...job, anyFailure: true } });
      expect(found.commits).toEqual([commits[1]]);
      expect(said).toContain("Any failure counts as bad.");
      expect(found.differing.join("\n")).toContain("were taken as bad");
    });

    test("or when --bad was believed: nothing is known of its failure", async () => {
      const commits = await history(...outcomes);
      const { bisection, said } = await setUp(commits, { trust: true });
      expect(await bisect(bisection)).toMatchObject({ commits: [commits[1]], differing: [] });
      expect(said).toContain("Any failure counts as bad.");
    });

    test("but not from such a --good", async () => {
      const { bisection } = await setUp(await history("1 other", 0, "1 hunted"));
      const failing = bisect(bisection);
      await expect(failing).rejects.toThrow(InfrastructureError);
      await expect(failing).rejects.toThrow(/--good .* it fails in another way than --bad: Load/);
    });
  });

  test.each([
    [[0, 1, 0], "--bad"],
    [[1, 0, 1], "--good"],
  ])("of %j tells the end that is none", async (statuses, flag) => {
    const { bisection } = await setUp(await history(...statuses));
    const failing = bisect(bisection);
    await expect(failing).rejects.toThrow(UsageError);
    await expect(failing).rejects.toThrow(flag);
  });
});

test("good must be before bad, and both must be commits", async () => {
  const [first = "", second = ""] = await history(0, 1);
  const repository = await openRepository(tree);
  await expect(commitsBetween(repository, second, first)).rejects.toThrow("an ancestor of --bad");
  await expect(commitOf(repository, "--good", "v9.9")).rejects.toThrow('no commit "v9.9"');
  await expect(openRepository(directory)).rejects.toThrow("top of a git working tree");
});

test("time left is the steps times their median", () => {
  const tested = [300_000, 30_000, 20_000].map((durationMs) => ({
    ...{ durationMs, commit: "", subject: "", status: 0 },
  }));
  expect(timeLeft(3, tested)).toBe("about 3 steps left, 90 s");
  expect(timeLeft(1, [])).toBe("about 1 step left");
  expect(stepsLeft("bisect_rev='x'\nbisect_nr=2\nbisect_all=6\nbisect_steps=2\n")).toBe(3);
  expect(stepsLeft("bisect_all=1\nbisect_steps=0\n")).toBe(0);
});
