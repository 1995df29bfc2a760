// SPDX-License-Identifier: MIT
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UsageError } from "../../errors.ts";
import { acquireLock, tryLock } from "../work/lock.ts";
import { Cache } from "./cache.ts";
import { type CleanRequest, cleanCache } from "./clean.ts";
import { cleaningLock, registerUse } from "./usage.ts";

// Locks are taken by a program of their own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const KEY = "0123456789abcdef".repeat(4);
const OTHER = "fedcba9876543210".repeat(4);
const { signal } = new AbortController();

let root: string;
let project: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clean-test-"));
  project = join(root, "project");
  mkdirSync(project);
  for (const entry of [
    `kernel/${KEY}`,
    `kernel/${OTHER}`,
    "trees/kernel-0123",
    "trees/kernel-fedc",
  ]) {
    mkdirSync(join(root, entry), { recursive: true });
    writeFileSync(join(root, entry, "file"), "x".repeat(10_000));
  }
});
afterEach(() => rmSync(root, { recursive: true }));

/** What a run got that asked for `identity`. */
async function request(identity: string, entries: string[], directories = [project]) {
  const cache = new Cache(root);
  const got = await registerUse(cache, signal);
  for (const entry of entries) {
    const [kind = "", name = ""] = entry.split("/");
    cache.refer(kind, name);
  }
  await got({ identity, directories });
}

/** Takes away the trace of this very process, as if those that registered had ended. */
function forgetUsers() {
  rmSync(join(root, "users"), { recursive: true, force: true });
}

function cleaned(options: Partial<CleanRequest> = {}) {
  const request = {
    all: false,
    dryRun: false,
    since: new Date(0),
    keep: new Set<string>(),
    signal,
  };
  return cleanCache(new Cache(root), { ...request, ...options });
}

async function clean(options: Partial<CleanRequest> = {}) {
  return Object.fromEntries((await cleaned(options)).map(({ entry, fate }) => [entry, fate]));
}

test("what no request refers to goes, the rest stays", async () => {
  await request("one", [`kernel/${KEY}`, "trees/kernel-0123"]);
  forgetUsers();
  expect(await clean()).toEqual({
    [`kernel/${KEY}`]: "kept",
    [`kernel/${OTHER}`]: "removed",
    "trees/kernel-0123": "kept",
    "trees/kernel-fedc": "removed",
  });
  expect(readdirSync(join(root, "kernel"))).toEqual([KEY]);
  expect(readdirSync(join(root, "trees"))).toEqual(["kernel-0123"]);
});

test("the same request made again refers to what it got last", async () => {
  await request("one", [`kernel/${KEY}`]);
  await request("one", [`kernel/${OTHER}`]);
  forgetUsers();
  expect(await clean()).toMatchObject({
    [`kernel/${KEY}`]: "removed",
    [`kernel/${OTHER}`]: "kept",
  });
});

test("a request whose kernel tree is gone, or that is too old, counts no more", async () => {
  await request("gone", [`kernel/${KEY}`], [project, join(root, "no-such-tree")]);
  await request("old", [`kernel/${OTHER}`]);
  forgetUsers();
  expect(await clean({ since: new Date(Date.now() + 1000), dryRun: true })).toMatchObject({
    [`kernel/${OTHER}`]: "removed",
  });
  expect(await clean()).toMatchObject({
    [`kernel/${KEY}`]: "removed",
    [`kernel/${OTHER}`]: "kept",
  });
});

test("what a living process got stays even when all is to go", async () => {
  await request("one", [`kernel/${KEY}`]);
  expect(await clean({ all: true })).toMatchObject({
    [`kernel/${KEY}`]: "busy",
    [`kernel/${OTHER}`]: "removed",
  });
});

test("nothing goes while a process provisions", async () => {
  await registerUse(new Cache(root), signal);
  const cleaning = clean({ all: true });
  await expect(cleaning).rejects.toThrow(UsageError);
  await expect(cleaning).rejects.toThrow(`process ${process.pid} is provisioning`);
});

test("who is alive and has said nothing yet may be provisioning as well", async () => {
  const user = join(root, "users/1-ab.lock");
  const lock = await acquireLock(user);
  await expect(clean({ all: true })).rejects.toThrow(UsageError);
  await lock.release();
  expect(await clean({ all: true })).toMatchObject({ [`kernel/${KEY}`]: "removed" });
});

test("what a process left that was killed is taken away, and holds nothing", async () => {
  mkdirSync(join(root, "users"));
  const left = { pid: 1, entries: null };
  writeFileSync(join(root, "users/1-ab.json"), JSON.stringify(left));
  for (const name of ["1-ab.lock", "2-cd.lock"]) writeFileSync(join(root, "users", name), "");
  expect(await clean()).toMatchObject({ [`kernel/${KEY}`]: "removed" });
  expect(readdirSync(join(root, "users"))).toEqual([]);
});

test("a request in another version's words is no request", async () => {
  mkdirSync(join(root, "requests"));
  const record = { schema: 0, directories: [], used: "2026-01-01", entries: [`kernel/${KEY}`] };
  writeFileSync(join(root, "requests/a.json"), JSON.stringify(record));
  writeFileSync(join(root, "requests/b.json.new"), "half of");
  expect(await clean()).toMatchObject({ [`kernel/${KEY}`]: "removed" });
});

test.each(["users", "requests"])("where %s cannot be read, nothing goes", async (name) => {
  symlinkSync(name, join(root, name));
  await expect(clean()).rejects.toThrow("ELOOP");
  expect(readdirSync(join(root, "kernel")).sort()).toEqual([KEY, OTHER]);
});

test("what the caller wants kept stays, unless all is to go", async () => {
  const keep = new Set([`kernel/${KEY}`]);
  expect(await clean({ keep })).toMatchObject({
    [`kernel/${KEY}`]: "kept",
    [`kernel/${OTHER}`]: "removed",
  });
  expect(await clean({ keep, all: true })).toMatchObject({ [`kernel/${KEY}`]: "removed" });
});

test("an entry's bytes are those on the disk; a file of two names counts once, and other entries on their own", async () => {
  const blocks = (path: string) => statSync(join(root, path)).blocks * 512;
  const [one, other] = [`kernel/${KEY}`, `kernel/${OTHER}`];
  const alone = blocks(one) + blocks(`${one}/file`);
  linkSync(join(root, one, "file"), join(root, one, "again"));
  linkSync(join(root, one, "file"), join(root, other, "again"));
  const sizes = (await cleaned({ dryRun: true })).map(({ entry, bytes }) => [entry, bytes]);
  expect(Object.fromEntries(sizes)).toMatchObject({
    [one]: alone,
    [other]: alone + blocks(`${other}/file`),
  });
});

test("cleaning that is interrupted removes nothing more", async () => {
  const stop = new AbortController();
  const cleaning = clean({ all: true, signal: stop.signal });
  stop.abort(new Error("interrupted"));
  await expect(cleaning).rejects.toThrow("interrupted");
  expect(readdirSync(join(root, "kernel")).sort()).toEqual([KEY, OTHER]);
});

test("who waits for a cleaning to end can be interrupted, and is nobody then", async () => {
  const cache = new Cache(root);
  const cleaning = await acquireLock(cleaningLock(cache));
  const stop = new AbortController();
  const waiting = registerUse(cache, stop.signal);
  stop.abort(new Error("interrupted"));
  await expect(waiting).rejects.toThrow("interrupted");
  await cleaning.release();
  expect(await clean({ all: true })).toMatchObject({ [`kernel/${KEY}`]: "removed" });
});

test("no lock is left behind, whatever came of it", async () => {
  await clean();
  await registerUse(new Cache(root), signal);
  await expect(clean()).rejects.toThrow(UsageError);
  const locks = readdirSync(join(root, "locks")).map((name) => join(root, "locks", name));
  for (const lock of await Promise.all(locks.map(tryLock))) {
    expect(lock).toBeDefined();
    await lock?.release();
  }
});

test("what is being built stays", async () => {
  const cache = new Cache(root);
  const locks = [cache.resultLock("kernel", OTHER), cache.treeLock("kernel-fedc")];
  const held = await Promise.all(locks.map((path) => acquireLock(path)));
  expect(await clean({ all: true })).toMatchObject({
    [`kernel/${OTHER}`]: "busy",
    "trees/kernel-fedc": "busy",
    [`kernel/${KEY}`]: "removed",
  });
  for (const lock of held) await lock.release();
  expect(await clean({ all: true })).toMatchObject({ [`kernel/${OTHER}`]: "removed" });
});

test("what lies beside a tree, and an unfinished result, go with it or stay with it", async () => {
  for (const name of [
    "kernel-0123.stamps.json",
    "kernel-fedc.state.json",
    "linux-6.12-ab.unpacking",
  ]) {
    writeFileSync(join(root, "trees", name), "");
  }
  mkdirSync(join(root, "kernel", `.${KEY}.partial`));
  await request("one", [`kernel/${KEY}`, "trees/kernel-0123"]);
  forgetUsers();
  expect(await clean()).toMatchObject({
    "trees/kernel-0123.stamps.json": "kept",
    "trees/kernel-fedc.state.json": "removed",
    "trees/linux-6.12-ab.unpacking": "removed",
    [`kernel/.${KEY}.partial`]: "kept",
  });
});

test("old logs go, and a dry run removes nothing at all", async () => {
  mkdirSync(join(root, "logs"));
  for (const name of ["old.log", "new.log"]) writeFileSync(join(root, "logs", name), "");
  utimesSync(join(root, "logs/old.log"), new Date(0), new Date(0));
  const since = new Date(Date.now() - 1000);
  expect(await clean({ since, dryRun: true })).toMatchObject({ "logs/old.log": "removed" });
  expect(existsSync(join(root, "logs/old.log"))).toBe(true);
  expect(Object.keys(await clean({ since }))).not.toContain("logs/new.log");
  expect(readdirSync(join(root, "logs"))).toEqual(["new.log"]);
});
