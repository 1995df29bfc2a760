// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../cache/cache.ts";
import { runTask, type Task } from "../work/task.ts";
import { headersKey, unpackHeaders } from "./headers.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "qemu-headers-test-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function unpack(files: readonly string[]): Promise<string> {
  const source = {
    ...{ name: "qemu", version: "10" },
    files: files.map((fileName) => ({ fileName, sha256: "0" })),
  };
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "headers", title: "Headers" }, undefined, (task: Task) =>
    unpackHeaders(new Cache(join(root, "cache")), source, root, task),
  );
}

test("of QEMU's source what the devices are compiled against stays, links among it, and no more", async () => {
  write("qemu-10/include/qemu/osdep.h", "osdep");
  write("qemu-10/target/arm/cpu.h", "cpu");
  write("qemu-10/hw/arm/virt.c", "virt");
  write("qemu-10/VERSION", "10.0\n");
  symlinkSync("osdep.h", join(root, "qemu-10/include/qemu/link.h"));
  write("qemu-10/debian/source/format", "3.0 (native)\n");
  write(
    "qemu-10/debian/control",
    "Source: qemu\nMaintainer: x <x@x>\n\nPackage: qemu\nArchitecture: all\nDescription: x\n",
  );
  write(
    "qemu-10/debian/changelog",
    "qemu (10) trixie; urgency=low\n\n  * x\n\n -- x <x@x>  Sun, 29 Nov 2026 00:00:00 +0000\n",
  );
  execFileSync("dpkg-source", ["--build", "qemu-10"], { cwd: root, stdio: "ignore" });
  const files = readdirSync(root).filter((name) => /^qemu_10\./.test(name));
  const headers = await unpack(files);
  expect(readFileSync(join(headers, "include/qemu/osdep.h"), "utf8")).toBe("osdep");
  expect(readFileSync(join(headers, "include/qemu/link.h"), "utf8")).toBe("osdep");
  expect(readdirSync(headers).sort()).toEqual(["VERSION", "include", "manifest.json", "target"]);
});

test("a source package without a description is an error", async () => {
  await expect(unpack(["qemu_10.tar.xz"])).rejects.toThrow("has no .dsc file");
  const one = { name: "qemu", version: "10", files: [] };
  expect(headersKey({ ...one, version: "11" })).not.toBe(headersKey(one));
});
