// SPDX-License-Identifier: MIT
//
// The cache between processes: each child is a run of its own (see testing/build-in-cache.ts).

import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ProvisionEvent } from "../work/events.ts";
import { runTask, type Task } from "../work/task.ts";
import { Cache, defaultCacheRoot } from "./cache.ts";

const CHILD = join(import.meta.dirname, "testing/build-in-cache.ts");

// These start processes and wait for what they do; a busy machine takes seconds for that.
vi.setConfig({ testTimeout: 60_000, expect: { poll: { timeout: 30_000 } } });

let root: string;
let cache: Cache;
let events: ProvisionEvent[];
let cleanUp: (() => void)[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cache-test-"));
  cache = new Cache(root);
  events = [];
  cleanUp = [];
});
afterEach(() => {
  for (const action of cleanUp) action();
  rmSync(root, { recursive: true });
});

function inStep<T>(body: (task: Task) => Promise<T>): Promise<T> {
  const environment = {
    signal: new AbortController().signal,
    progress: (event: ProvisionEvent) => events.push(event),
  };
  return runTask(environment, { id: "test", title: "Test" }, undefined, body);
}

function produce(kind: string, text: string): Promise<string> {
  return inStep((task) =>
    cache.produce(kind, "key", task, async (into) => writeFileSync(join(into, "result"), text)),
  );
}

/** A run that has written half a result and now waits for `cat FIFO`; `finish` lets that go on. */
async function startChild() {
  const fifo = join(root, "fifo");
  await execa("mkfifo", [fifo]);
  const child = execa(process.execPath, [CHILD, root, fifo], { reject: false, buffer: false });
  const finish = () => closeSync(openSync(fifo, constants.O_RDWR));
  cleanUp.push(() => {
    child.kill("SIGKILL");
    finish();
  });
  const [line] = await once(child.stdout, "data");
  expect(String(line)).toBe("half\n");
  return { child, finish };
}

test("a result is found only once it is whole", async () => {
  expect(await cache.find("kind", "key")).toBeUndefined();
  await inStep((task) =>
    cache.produce("kind", "key", task, async (into) => {
      writeFileSync(join(into, "result"), "half");
      expect(await cache.find("kind", "key")).toBeUndefined();
    }),
  );
  const path = await cache.find("kind", "key");
  expect(readFileSync(join(path ?? "", "result"), "utf8")).toBe("half");
});

test("a build that fails leaves no result, and the next one starts from nothing", async () => {
  const failing = inStep((task) =>
    cache.produce("kind", "key", task, async (into) => {
      writeFileSync(join(into, "rubbish"), "half");
      throw new Error("no more");
    }),
  );
  await expect(failing).rejects.toThrow("no more");
  expect(await cache.find("kind", "key")).toBeUndefined();
  const path = await produce("kind", "whole");
  expect(existsSync(join(path, "rubbish"))).toBe(false);
});

test("a run killed in the middle of a build leaves nothing that is trusted, and no lock once its tools are gone", async () => {
  const { child, finish } = await startChild();
  child.kill("SIGKILL");
  await child;
  expect(await cache.find("kind", "key")).toBeUndefined();

  // The killed run's tool still waits at the FIFO, and holds the lock: it might still write.
  const next = produce("kind", "whole");
  await expect.poll(() => events.some(({ type }) => type === "task-waiting")).toBe(true);
  expect(existsSync(join(root, "kind/key"))).toBe(false);
  finish();

  const path = await next;
  expect(readFileSync(join(path, "result"), "utf8")).toBe("whole");
  expect(readdirSync(join(root, "kind"))).toEqual(["key"]);
});

test("two runs that want the same result build it once", async () => {
  const { child, finish } = await startChild();
  const second = produce("kind", "built by the second");
  await expect.poll(() => events.some(({ type }) => type === "task-waiting")).toBe(true);
  finish();
  const path = await second;
  expect((await child).exitCode).toBe(0);
  expect(readFileSync(join(path, "result"), "utf8")).toBe("built by the child");
  expect(events.at(-1)).toMatchObject({ type: "task-finished", cached: true });
});

test("a result whose files were cut short is made again", async () => {
  const path = await produce("kind", "whole");
  truncateSync(join(path, "result"), 1);
  expect(await cache.find("kind", "key")).toBeUndefined();
  await produce("kind", "again");
  expect(readFileSync(join(path, "result"), "utf8")).toBe("again");
});

test("a result of which any file is gone or cut short, or the list of its files, is none", async () => {
  const deep = (into: string) => join(into, "lib/modules/ntb.ko");
  const damages = [
    (path: string) => rmSync(deep(path)),
    (path: string) => truncateSync(deep(path), 1),
    (path: string) => rmSync(join(path, "manifest.json")),
  ];
  for (const damage of damages) {
    const path = await inStep((task) =>
      cache.produce("kind", "key", task, async (into) => {
        mkdirSync(dirname(deep(into)), { recursive: true });
        writeFileSync(deep(into), "module");
        writeFileSync(join(into, "whole"), "whole");
        // A link may lead to what is not there.
        symlinkSync("/nowhere", join(into, "build"));
      }),
    );
    expect(await cache.find("kind", "key")).toBe(path);
    damage(path);
    expect(await cache.find("kind", "key")).toBeUndefined();
  }
});

test("what was found, made or named is what this run needs", async () => {
  await produce("made", "x");
  cache.refer("named", "n");
  expect(cache.treePath("linux")).toBe(join(root, "trees/linux"));
  expect([...cache.referred]).toEqual(["made/key", "named/n", "trees/linux"]);
  const later = new Cache(root);
  await later.find("made", "key");
  await later.find("made", "other");
  expect([...later.referred]).toEqual(["made/key"]);
});

test("a tree is worked on by one at a time", async () => {
  const order: string[] = [];
  const work = (name: string, meanwhile: () => Promise<unknown>) =>
    inStep((task) =>
      cache.withTree("linux", task, async (directory) => {
        order.push(`${name} begins in ${directory}`);
        await meanwhile();
        order.push(`${name} ends`);
      }),
    );
  let second: Promise<void> | undefined;
  await work("one", async () => {
    second = work("two", async () => {});
    await expect.poll(() => events.some(({ type }) => type === "task-waiting")).toBe(true);
  });
  await second;
  const place = join(root, "trees/linux");
  expect(order).toEqual([
    ...[`one begins in ${place}`, "one ends", `two begins in ${place}`, "two ends"],
  ]);
});

test("logs of a cache are in the order of their times, told apart by step and process", () => {
  const path = cache.logPath("kernel-build");
  expect(path.startsWith(join(root, "logs/"))).toBe(true);
  expect(path.endsWith(`-kernel-build.${process.pid}.log`)).toBe(true);
});

test("the cache follows XDG_CACHE_HOME when it is absolute", () => {
  expect(defaultCacheRoot({})).toMatch(/\/\.cache\/ntb-edma-lab$/);
  expect(defaultCacheRoot({ XDG_CACHE_HOME: "/big" })).toBe("/big/ntb-edma-lab");
  expect(defaultCacheRoot({ XDG_CACHE_HOME: "relative" })).toMatch(/\/\.cache\/ntb-edma-lab$/);
});
