// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { acquireLock, tryLock, tryLockDirectory } from "./lock.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-test-"));
  path = join(directory, "locks/one.lock");
});
afterEach(() => rmSync(directory, { recursive: true }));

test("one holds it, and who comes later waits until it is given up, and says so once", async () => {
  const first = await acquireLock(path, { onWait: () => expect.unreachable("nobody holds it") });
  const events: string[] = [];
  let waits = () => {};
  const waiting = new Promise<void>((resolve) => {
    waits = resolve;
  });
  const second = acquireLock(path, {
    onWait: () => {
      events.push("waits");
      waits();
    },
  }).then((lock) => {
    events.push("has it");
    return lock;
  });
  await waiting;
  expect(await tryLock(path)).toBeUndefined();
  events.push("is given up");
  await first.release();
  await (await second).release();
  expect(events).toEqual(["waits", "is given up", "has it"]);
  // Its file stays: another one of that name would be another lock.
  expect(existsSync(path)).toBe(true);
});

test("who need not be told that it waits waits all the same", async () => {
  const first = await acquireLock(path);
  let has = false;
  const second = acquireLock(path).then((lock) => {
    has = true;
    return lock;
  });
  // As long as another attempt takes to be refused.
  expect(await tryLock(path)).toBeUndefined();
  expect(has).toBe(false);
  await first.release();
  await (await second).release();
});

test("who gives up waiting is told why, and has taken nothing", async () => {
  const held = await acquireLock(path);
  const stop = new AbortController();
  const reason = new Error("interrupted");
  const waiting = acquireLock(path, { signal: stop.signal, onWait: () => stop.abort(reason) });
  await expect(waiting).rejects.toBe(reason);
  await held.release();
  const now = await tryLock(path);
  expect(now).toBeDefined();
  await now?.release();
});

test("a program that it was handed to holds it as long as it runs", async () => {
  const lock = await acquireLock(path);
  const program = execa("cat", { stdio: ["pipe", "ignore", "ignore", lock.fd] });
  await lock.release();
  expect(await tryLock(path)).toBeUndefined();
  program.stdin?.end();
  await program;
  await (await acquireLock(path)).release();
});

test("a directory is held without a file in it", async () => {
  const held = await tryLockDirectory(directory);
  expect(held).toBeDefined();
  expect(await tryLockDirectory(directory)).toBeUndefined();
  await held?.release();
  const again = await tryLockDirectory(directory);
  expect(again).toBeDefined();
  await again?.release();
  await expect(tryLockDirectory(join(directory, "none"))).rejects.toThrow("ENOENT");
});

test("where no lock can be had at all, that is an error, and not a lock held by another", async () => {
  vi.stubEnv("PATH", directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  const attempts = [
    () => acquireLock(path),
    () => tryLock(path),
    () => tryLockDirectory(directory),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow("flock failed: ");
});

test("who could not wait for a lock has none", async () => {
  const script = '[ "$2" = --nonblock ] || echo broken >&2; exit 1';
  writeFileSync(join(directory, "flock"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(acquireLock(path)).rejects.toThrow(/^flock failed: broken$/);
  expect(await tryLock(path)).toBeUndefined();
});
