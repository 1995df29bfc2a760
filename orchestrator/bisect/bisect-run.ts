// SPDX-License-Identifier: MIT
//
// What `git bisect run` runs for each commit: node bisect-run.ts JOB.json. Ends with git's words for good, bad and skip.

import { readFile } from "node:fs/promises";
import { type Job, jobSchema, testedSoFar } from "./job.ts";
import { linePrefix } from "./line-prefix.ts";
import { stepsLeft, type Tested, testedLines } from "./progress.ts";
import { git } from "./repository.ts";
import { abandoned, testCommit } from "./test-commit.ts";

// The run is told by the same signal, and ends its guests; then this program ends, too.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

// Nobody reads any more: the bisection is over, whatever this run comes to.
process.stdout.on("error", () => process.exit(abandoned));
const parent = process.ppid;

async function main(file: string): Promise<number> {
  const job = jobSchema.parse(JSON.parse(await readFile(file, "utf8")));
  const tested = await testCommit(job);
  if (tested.status === abandoned || process.ppid !== parent) return abandoned;
  const lines = testedLines(await testedSoFar(job), await leftAfter(job, tested));
  process.stdout.write(lines.map((line) => `${linePrefix}${line}\n`).join(""));
  return tested.status;
}

/** Steps that are left, as if git had been told of this one already. */
async function leftAfter({ worktree }: Job, { commit, status }: Tested): Promise<number> {
  const refs = await git(
    worktree,
    "for-each-ref",
    "--format=%(refname) %(objectname)",
    "refs/bisect",
  );
  const ends = refs.split("\n").map((line) => line.split(" "));
  const bad = status === 1 ? commit : ends.find(([name]) => name === "refs/bisect/bad")?.[1];
  if (bad === undefined) return 0;
  const good = ends.flatMap(([name = "", id = ""]) =>
    name.startsWith("refs/bisect/good-") ? [id] : [],
  );
  const limits = [...good, ...(status === 0 ? [commit] : [])].map((id) => `^${id}`);
  return stepsLeft(await git(worktree, "rev-list", "--bisect-vars", bad, ...limits));
}

process.exitCode = await main(process.argv[2] ?? "").catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return abandoned;
});
