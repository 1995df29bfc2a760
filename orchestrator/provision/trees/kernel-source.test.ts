// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Archive, PinnedPackage } from "../archive/apt.ts";
import { Cache } from "../cache/cache.ts";
import { runTask, type Task } from "../work/task.ts";
import { debianTree, fetchDebianTree, unpackDebianTree } from "./kernel-source.ts";

let root: string;
let cache: Cache;
const at = (path: string) => join(root, path);
const pin: PinnedPackage = {
  ...{ name: "linux-source-7.3", version: "7.3.4-1", fileName: "linux.deb" },
  sha256: "0123456789abcdef".repeat(4),
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kernel-source-test-"));
  cache = new Cache(at("cache"));
  write("linux-source-7.3/Makefile", "VERSION = 7\n");
  mkdirSync(at("deb/usr/src"), { recursive: true });
  const tarball = at("deb/usr/src/linux-source-7.3.tar.xz");
  execFileSync("tar", ["--create", "--xz", "--file", tarball, "-C", root, "linux-source-7.3"]);
  write(
    "deb/DEBIAN/control",
    "Package: l\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n",
  );
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", at("deb"), at("linux.deb")]);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

function inTask<Value>(work: (task: Task) => Promise<Value>): Promise<Value> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "source", title: "Source" }, undefined, work);
}

const unpack = () => inTask((task) => unpackDebianTree(cache, { pin, directory: root }, task));

test("Debian's source lies in the cache by name and content, and nothing is left of its package", async () => {
  const tree = debianTree(cache, pin, "pinned");
  expect(tree).toEqual({
    directory: join(cache.root, "trees/linux-source-7.3-0123456789abcdef"),
    origin: "Debian 7.3.4-1",
    ...{ fixed: ["linux.deb", pin.sha256], strict: true },
  });
  // Of another kernel than the project's own not everything is expected.
  expect(debianTree(cache, pin, "6.12").strict).toBe(false);
  // What was cut off is begun again.
  mkdirSync(`${tree.directory}.unpacking/usr`, { recursive: true });
  await unpack();
  expect(readFileSync(join(tree.directory, "Makefile"), "utf8")).toBe("VERSION = 7\n");
  expect(readdirSync(join(cache.root, "trees"))).toEqual(["linux-source-7.3-0123456789abcdef"]);
});

test("what is there is not unpacked again", async () => {
  await unpack();
  const { directory } = debianTree(cache, pin, "pinned");
  rmSync(join(directory, "Makefile"));
  await unpack();
  expect(existsSync(join(directory, "Makefile"))).toBe(false);
});

test("one package is fetched, that of the series", async () => {
  const asked: string[] = [];
  const archive = {
    update: async () => {},
    packageNames: async () => ["linux-source-6.12", "linux-source-7.3"],
    pinPackages: async (_task: Task, names: readonly string[], needs: boolean) => {
      asked.push(`${names.join(", ")}${needs ? " and all it needs" : ""}`);
      return [pin];
    },
    download: async (_task: Task, packages: readonly PinnedPackage[], directory: string) => {
      asked.push(`files: ${packages.length}`);
      copyFileSync(at("linux.deb"), join(directory, "linux.deb"));
    },
  } as unknown as Archive;
  const download = await inTask((task) => fetchDebianTree(cache, archive, "6.12", task));
  expect(download.pin).toEqual(pin);
  expect(existsSync(join(download.directory, "linux.deb"))).toBe(true);
  expect(asked).toEqual(["linux-source-6.12", "files: 1"]);
});
