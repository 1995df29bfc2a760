// SPDX-License-Identifier: MIT
//
// Content-addressed store of build results. A result is a directory named after the key of all that went into
// it. It is made beside its place and renamed there once whole, under a lock of its own, so it is either complete or
// absent. Build trees, which programs such as make bring up to date in place, live apart and are never
// trusted as results.

import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";
import { z } from "zod";
import { stamp } from "../../stamp.ts";
import { acquireLock, type Lock } from "../work/lock.ts";
import type { Task } from "../work/task.ts";

const MANIFEST = "manifest.json";
const manifestSchema = z.object({
  schema: z.literal(1),
  files: z.array(z.object({ path: z.string(), size: z.number() })),
});

/** `$XDG_CACHE_HOME/ntb-edma-lab`; the variable counts only when absolute, as its specification asks. */
export function defaultCacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const home = env.XDG_CACHE_HOME;
  const base = home !== undefined && isAbsolute(home) ? home : join(homedir(), ".cache");
  return join(base, "ntb-edma-lab");
}

export class Cache {
  readonly root: string;
  /** Entries that were found, made or named through this object: `kernel/KEY`, `trees/NAME`. */
  readonly referred = new Set<string>();

  constructor(root: string) {
    this.root = root;
  }

  /** A task's log in this run; the name begins with the time, so that listings are in order. */
  logPath(stepId: string): string {
    return join(this.root, "logs", `${stamp()}-${stepId}.${process.pid}.log`);
  }

  /** Where a build tree of this name lives. Only readers may use it without `withTree`. */
  treePath(name: string): string {
    this.refer("trees", name);
    return join(this.root, "trees", name);
  }

  /** Says that an entry is needed, though nobody has looked for it now. */
  refer(kind: string, name: string): void {
    this.referred.add(`${kind}/${name}`);
  }

  treeLock(name: string): string {
    return this.#lockPath(`tree-${name}`);
  }

  resultLock(kind: string, key: string): string {
    return this.#lockPath(`${kind}-${short(key)}`);
  }

  /** Runs `body` on a build tree that no other run touches meanwhile. The directory may not exist yet. */
  async withTree<T>(name: string, task: Task, body: (directory: string) => Promise<T>): Promise<T> {
    const lock = await this.#lock(this.treeLock(name), task);
    return task.holding(lock, () => body(this.treePath(name)));
  }

  /** @returns the result's directory, or undefined when it is absent or has been damaged. */
  async find(kind: string, key: string): Promise<string | undefined> {
    const path = this.#path(kind, key);
    if (!(await isWhole(path))) return undefined;
    this.refer(kind, key);
    return path;
  }

  /**
   * Finds a result or makes it: `build` fills the empty directory it is given. When several runs want the same
   * result at once, one builds and the others wait for it.
   *
   * @returns the result's directory.
   */
  async produce(
    kind: string,
    key: string,
    task: Task,
    build: (directory: string) => Promise<void>,
  ): Promise<string> {
    const path = this.#path(kind, key);
    this.refer(kind, key);
    const lock = await this.#lock(this.resultLock(kind, key), task);
    return task.holding(lock, async () => {
      if (await isWhole(path)) {
        task.markFound();
        return path;
      }
      task.markWorked();
      const partial = join(this.root, kind, `.${key}.partial`);
      await rm(partial, { recursive: true, force: true });
      await rm(path, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      await build(partial);
      await writeManifest(partial);
      await rename(partial, path);
      return path;
    });
  }

  /**
   * Moves a result that was finished elsewhere to its place, unless there is one.
   *
   * @returns whether there was none.
   */
  async adopt(kind: string, key: string, from: string, task: Task): Promise<boolean> {
    const path = this.#path(kind, key);
    const lock = await this.#lock(this.resultLock(kind, key), task);
    return task.holding(lock, async () => {
      if (await isWhole(path)) return false;
      await rm(path, { recursive: true, force: true });
      await mkdir(dirname(path), { recursive: true });
      await rename(from, path);
      return true;
    });
  }

  #path(kind: string, key: string): string {
    return join(this.root, kind, key);
  }

  #lockPath(name: string): string {
    return join(this.root, "locks", `${name}.lock`);
  }

  async #lock(path: string, task: Task): Promise<Lock> {
    return acquireLock(path, {
      signal: task.signal,
      onWait: () => task.waiting(`another run is at work on the same (lock ${path})`),
    });
  }
}

/** The manifest comes last and names every file with its size: it also tells what a crash of the machine cut short. */
async function writeManifest(directory: string): Promise<void> {
  const files: { path: string; size: number }[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.push({ path: relative(directory, path), size: (await stat(path)).size });
  }
  await writeFile(join(directory, MANIFEST), JSON.stringify({ schema: 1, files }));
}

async function isWhole(directory: string): Promise<boolean> {
  try {
    const manifest = manifestSchema.parse(
      JSON.parse(await readFile(join(directory, MANIFEST), "utf8")),
    );
    const sizes = await Promise.all(
      manifest.files.map(
        async ({ path, size }) => (await stat(join(directory, path))).size === size,
      ),
    );
    return sizes.every(Boolean);
  } catch {
    return false;
  }
}

function short(key: string): string {
  return key.slice(0, 16);
}
