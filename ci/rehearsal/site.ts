// SPDX-License-Identifier: MIT
//
// What stands for GitHub and for its machines while a workflow is rehearsed here.

import { cp, mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { FakeGitHub } from "../testing/fake-github.ts";
import type { CacheService } from "./cache-service.ts";

export interface Site {
  /** The clone whose state is rehearsed: its last commit, and what has not been committed yet. */
  readonly project: string;
  /** Workspaces, homes, logs and caches of the rehearsal are made in it. */
  readonly directory: string;
  readonly caches: CacheService;
  readonly github: FakeGitHub;
  /** A cache that stands for what a job would build that begins without one; without it, such a job builds. */
  readonly built: string | undefined;
  /** Debian's packages that a job installs, and that this machine need not have. */
  readonly dispensable?: readonly string[];
  /** Changes each clone, so that a run has another state of the project than the one before. */
  readonly amend?: (workspace: string, run: number) => void;
}

/** What a machine has for one job. Whatever the job before has left there is gone. */
export interface EmptyMachine {
  readonly workspace: string;
  readonly home: string;
  /** For the files by which steps and GitHub talk. */
  readonly temporary: string;
}

export async function emptyMachine({ directory }: Site, number: number): Promise<EmptyMachine> {
  const machine = join(directory, `machine-${number}`);
  await rm(machine, { recursive: true, force: true });
  const at = (name: string) => join(machine, name);
  const empty = { workspace: at("workspace"), home: at("home"), temporary: at("files") };
  for (const path of Object.values(empty)) await mkdir(path, { recursive: true });
  return empty;
}

/** What actions/checkout leaves. */
export async function checkOut({ project }: Site, workspace: string): Promise<string> {
  const git = async (...args: string[]) =>
    (await execa("git", ["-C", project, ...args])).stdout.split("\0").filter((name) => name !== "");
  const clone = join(workspace, ".clone");
  await execa("git", ["clone", "--quiet", "--no-checkout", "--shared", project, clone]);
  await rename(join(clone, ".git"), join(workspace, ".git"));
  await rm(clone, { recursive: true });
  await execa("git", ["-C", workspace, "checkout", "--quiet", "--force", "HEAD"]);
  const gone = await git("ls-files", "-z", "--deleted");
  const changed = await git("ls-files", "-z", "--modified", "--others", "--exclude-standard");
  for (const name of gone) await rm(join(workspace, name), { force: true });
  for (const name of changed.filter((one) => !gone.includes(one))) {
    await cp(join(project, name), join(workspace, name), { recursive: true });
  }
  const changes = gone.length + changed.length;
  return changes === 0 ? "a fresh clone" : `a fresh clone, with ${changes} files as they are now`;
}

/** What `npm ci` gets from the registry. */
export async function lendPackages({ project }: Site, workspace: string): Promise<string> {
  await linked(join(project, "node_modules"), join(workspace, "node_modules"));
  return `node ${process.version}; this clone's packages stand for what npm fetches`;
}

/** Whoever uses a cache writes these itself; and builds are made in trees, which are never lent. */
const notLent = ["locks", "logs", "users", "requests", "bisect", "replays"];

/** Puts what was built here where a job would have built it. Nothing of it is ever written to, but for sources not at all. */
export async function lendBuilt(built: string, cache: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  for (const entry of await readdir(built, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isDirectory() || notLent.includes(name)) continue;
    const wanted = (await readdir(join(built, name))).filter(
      (one) => !one.startsWith(".") && (name !== "trees" || one.startsWith("linux-source-")),
    );
    await mkdir(join(cache, name), { recursive: true });
    for (const one of wanted) {
      if (/\.(unpacking|partial)$/.test(one)) continue;
      const [from, to] = [join(built, name, one), join(cache, name, one)];
      // A source has a hundred thousand files, and nobody writes to any.
      await (name === "trees" ? symlink(from, to) : linked(from, to));
    }
  }
}

/** A copy whose files are the same ones, where both are on one file system. */
async function linked(from: string, to: string): Promise<void> {
  const { exitCode } = await execa("cp", ["-al", from, to], { reject: false });
  if (exitCode === 0) return;
  await rm(to, { recursive: true, force: true });
  await execa("cp", ["-a", from, to]);
}
