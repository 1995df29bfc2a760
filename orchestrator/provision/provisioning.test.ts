// SPDX-License-Identifier: MIT
//
// What a person is told where something has to be built, and the cache came from elsewhere without sources.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { InfrastructureError, UsageError } from "../errors.ts";
import { Archive } from "./archive/apt.ts";
import { Cache } from "./cache/cache.ts";
import { recordImport } from "./cache/carry/imported.ts";
import type { Kind } from "./cache/product.ts";
import { Provisioning } from "./provisioning.ts";

const told = /the cache was taken from lab\.tar\.zst, which holds results and no sources/;

let root: string;
let provisioning: Provisioning;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "provisioning-test-"));
  const cache = new Cache(root);
  await recordImport(cache, { file: "lab.tar.zst", lab: "r", made: "today" });
  provisioning = new Provisioning(
    cache,
    new Archive(cache),
    () => {},
    new AbortController().signal,
  );
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

test("a fetch that fails says why it had to be", async () => {
  const failing = provisioning.fetch("kernel-fetch", "Fetch the kernel's source", async () => {
    throw new Error("apt-get ended with status 100");
  });
  const error = await failing.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InfrastructureError);
  expect((error as Error).message).toMatch(/^Fetch the kernel's source: apt-get ended with/);
  expect((error as Error).message).toMatch(told);
  expect((error as InfrastructureError).logPath).toContain(root);
});

test("so does a machine on which nothing can be built", async () => {
  vi.stubEnv("PATH", join(root, "empty"));
  const error = await provisioning.prepareMachine().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toMatch(told);
});

test("where something is built, it is said why it has to be", async () => {
  const said: string[] = [];
  const { cache, archive, signal } = provisioning;
  const telling = new Provisioning(
    cache,
    archive,
    (event) => void (event.type === "task-output" && said.push(event.line)),
    signal,
  );
  await telling.prepareMachine();
  expect(said).toEqual([expect.stringMatching(told)]);
  rmSync(join(root, "imported.json"));
  vi.stubEnv("PATH", join(root, "empty"));
  const bare = new Provisioning(cache, archive, () => {}, signal);
  await expect(bare.prepareMachine()).rejects.toThrow(/there is no dpkg-query on this machine$/);
});

test("a cache of one's own says nothing of it", async () => {
  rmSync(join(root, "imported.json"));
  const failing = provisioning.fetch("x", "X", async () => {
    throw new Error("no network");
  });
  await expect(failing).rejects.toThrow(/^X: no network$/);
});

test("the machine is made ready once, with room for all that is expected by then", async () => {
  provisioning.expect(2 ** 60);
  await expect(provisioning.prepareMachine()).rejects.toThrow("not enough disk space");
  const begun: string[] = [];
  const again = new Provisioning(
    provisioning.cache,
    provisioning.archive,
    (event) => void (event.type === "task-started" && begun.push(event.task.title)),
    provisioning.signal,
  );
  again.expect(2 ** 60);
  again.expect(-(2 ** 60));
  await Promise.all([again.prepareMachine(), again.prepareMachine()]);
  await again.prepareMachine();
  expect(begun).toEqual(["Check this machine's build tools"]);
});

test("what a PC's kernel is compiled with is looked for where there is to be one", async () => {
  const bin = join(root, "bin");
  mkdirSync(bin);
  // A machine on which all is installed but that, and nobody can install it.
  const query = `for name; do [ "$name" = libelf-dev ] || echo "$name installed"; done`;
  for (const [name, script] of Object.entries({ "dpkg-query": query, sudo: "exit 1" })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  vi.stubEnv("PATH", bin);
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  provisioning.compileFor("x86-64");
  await expect(provisioning.prepareMachine()).rejects.toThrow(/libelf-dev\n\(the cache was taken/);
});

const kind: Kind<string> = {
  ...{ name: "letters", title: "Write a letter", inputs: (text) => text },
  make: async (_cache, text, into) => writeFileSync(join(into, "letter"), text),
};

test("a result is prepared for and made where it is not there, and only then", async () => {
  let prepared = 0;
  const result = (text: string) => provisioning.result(kind, text, async () => void prepared++);
  const made = await result("a");
  expect(readFileSync(join(made.directory, "letter"), "utf8")).toBe("a");
  expect(await result("a")).toEqual(made);
  expect(prepared).toBe(1);
  expect((await result("b")).key).not.toBe(made.key);
  expect(prepared).toBe(2);
});
