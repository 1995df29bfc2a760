// SPDX-License-Identifier: MIT
//
// What a person is told where something has to be built, and the cache came from elsewhere without sources.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { InfrastructureError, UsageError } from "../errors.ts";
import { Archive } from "./archive/apt.ts";
import { Cache } from "./cache/cache.ts";
import { recordImport } from "./cache/carry/imported.ts";
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

test("a cache of one's own says nothing of it", async () => {
  rmSync(join(root, "imported.json"));
  const failing = provisioning.fetch("x", "X", async () => {
    throw new Error("no network");
  });
  await expect(failing).rejects.toThrow(/^X: no network$/);
});
