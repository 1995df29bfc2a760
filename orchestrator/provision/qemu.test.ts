// SPDX-License-Identifier: MIT
//
// QEMU with the devices, for a program of one's own that only answers as QEMU does.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Archive } from "./archive/apt.ts";
import { Cache } from "./cache/cache.ts";
import type { Compilers } from "./kernel/compilers.ts";
import { Provisioning } from "./provisioning.ts";
import { findQemu, makeQemu } from "./qemu.ts";
import { playedDevices, playedQemu } from "./testing/played-qemu.ts";

let root: string;
let cache: Cache;
let build: string;
let begun: string[];
let provisioning: Provisioning;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "qemu-test-")));
  cache = new Cache(join(root, "cache"));
  mkdirSync(cache.root);
  begun = [];
  provisioning = new Provisioning(
    cache,
    {} as Archive,
    (event) => void (event.type === "task-started" && begun.push(event.task.title)),
    new AbortController().signal,
  );
  build = playedQemu(root);
});
afterEach(() => rmSync(root, { recursive: true }));

const compilers = { host: "gcc 1", launcher: undefined } as Compilers;
const inputs = () => ({
  ...{ choice: { kind: "own", path: build } as const, devices: playedDevices, compilers },
  architecture: "arm64" as const,
  headers: false,
});

test("the devices are built for it once, and then found", async () => {
  expect(await findQemu(cache, inputs())).toBeUndefined();
  const made = await makeQemu(provisioning, inputs());
  expect(begun).toEqual([
    "Check this machine's build tools",
    expect.stringMatching(/^Build the devices for QEMU /),
  ]);
  expect(made.version).toContain("10.0.13");
  expect(made.make).toEqual([
    `QEMU=${join(build, "qemu-system-aarch64")}`,
    expect.stringMatching(/^HEADERS=/),
  ]);
  expect(await findQemu(cache, inputs())).toEqual(made);
  expect(await findQemu(cache, { ...inputs(), devices: [] })).toBeUndefined();
});

test("none is found of Debian's where nobody has looked it up", async () => {
  const choice = { kind: "debian", suite: "trixie" } as const;
  expect(await findQemu(cache, { ...inputs(), choice })).toBeUndefined();
});
