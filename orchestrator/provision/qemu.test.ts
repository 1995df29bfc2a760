// SPDX-License-Identifier: MIT
//
// QEMU with the devices, for a program of one's own that only answers as QEMU does.
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Archive } from "./archive/apt.ts";
import { Cache } from "./cache/cache.ts";
import type { Snapshot } from "./cache/snapshot.ts";
import type { Compilers } from "./kernel/compilers.ts";
import { Provisioning } from "./provisioning.ts";
import { findQemu, makeQemu } from "./qemu.ts";

let root: string;
let cache: Cache;
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
  // Built in its place, so that its headers are there.
  write(
    "qemu/build/qemu-system-aarch64",
    `#!/bin/sh
case "$*" in
*--version*) echo 'QEMU emulator version 10.0.13' ;;
*-device*) ;;
*-cpu*) echo '  cortex-a55' ;;
*-machine*) echo 'virt                 QEMU 10.0 ARM Virtual Machine (alias of virt-10.0)' ;;
esac
`,
  );
  chmodSync(join(root, "qemu/build/qemu-system-aarch64"), 0o755);
  for (const path of ["qemu/include/qemu/osdep.h", "qemu/VERSION", "qemu/build/config-host.h"]) {
    write(path, "");
  }
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

const makefile = `all:
	@mkdir -p $(O)
	@touch $(O)/ntb-edma.so $(O)/ntb-edma-devices.so $(O)/accel-qtest-aarch64.so
`;
const devices: Snapshot = [{ path: "Makefile", executable: false, data: Buffer.from(makefile) }];
const compilers = { host: "gcc 1", launcher: undefined } as Compilers;
const inputs = () => ({
  ...{ choice: { kind: "own", path: join(root, "qemu/build") } as const, devices, compilers },
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
    `QEMU=${join(root, "qemu/build/qemu-system-aarch64")}`,
    expect.stringMatching(/^HEADERS=/),
  ]);
  expect(await findQemu(cache, inputs())).toEqual(made);
  expect(await findQemu(cache, { ...inputs(), devices: [] })).toBeUndefined();
});

test("none is found of Debian's where nobody has looked it up", async () => {
  const choice = { kind: "debian", suite: "trixie" } as const;
  expect(await findQemu(cache, { ...inputs(), choice })).toBeUndefined();
});
