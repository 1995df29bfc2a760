// SPDX-License-Identifier: MIT
//
// Locks between runs. The lock is flock(2) on an open file that this process holds and hands down to the build tools
// it starts: it ends by itself when the last of them has gone, whatever ended them, so a killed run leaves no stale
// lock, and no second run enters a tree in which an orphaned compiler still writes.

import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { execa } from "execa";

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once, before waiting, when another process holds the lock. */
  readonly onWait?: () => void;
}

/** Any descriptor: execa hands down every number, but its types name only these. */
type InheritedDescriptor = 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** A held lock. */
export interface Lock {
  /** For execa's `stdio`, in child processes that must keep the lock alive. */
  readonly fd: InheritedDescriptor;
  /** Gives the lock up; children that got `fd` keep it until they end. */
  release(): Promise<void>;
}

/**
 * Waits until no other process holds `path`, then holds it. The file is created where absent and never removed, because
 * removing it would let two processes lock two files of one name.
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a");
  const fd = file.fd as InheritedDescriptor;
  try {
    // Exit status 1 is flock(1)'s word for "held by another".
    const attempt = await flock(fd, ["--nonblock"], options.signal);
    if (attempt === 1) {
      options.onWait?.();
      await flock(fd, [], options.signal);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return { fd, release: () => file.close() };
}

/** Holds `path` if no other process does; undefined otherwise. */
export async function tryLock(path: string): Promise<Lock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  return tryFile(await open(path, "a"));
}

/** The same for a directory that is there, without a file in it. */
export async function tryLockDirectory(path: string): Promise<Lock | undefined> {
  return tryFile(await open(path, "r"));
}

async function tryFile(file: FileHandle): Promise<Lock | undefined> {
  const fd = file.fd as InheritedDescriptor;
  const status = await flock(fd, ["--nonblock"]).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  if (status === 0) return { fd, release: () => file.close() };
  await file.close();
  return undefined;
}

/** The child locks the open file it inherits as descriptor 3, and the lock outlives the child. */
async function flock(
  fd: InheritedDescriptor,
  flags: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  const result = await execa("flock", ["--exclusive", ...flags, "3"], {
    stdio: ["ignore", "ignore", "pipe", fd],
    reject: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (result.isCanceled) throw signal?.reason ?? new Error("waiting for a lock was cancelled");
  if (result.exitCode === 0 || (result.exitCode === 1 && flags.length > 0)) return result.exitCode;
  throw new Error(`flock failed: ${result.stderr || result.shortMessage}`);
}
