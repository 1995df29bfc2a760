// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readElfDependencies } from "./elf.ts";
import { collectRootfs } from "./rootfs.ts";

/** Any dynamic program of this machine. */
const DYNAMIC_PROGRAM = "/bin/sleep";

let root: string;

function write(path: string, text: string, mode = 0o644): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text, { mode });
}

function collect() {
  return collectRootfs({
    ...{ unpacked: join(root, "unpacked"), definition: join(root, "definition") },
    triplet: "aarch64-linux-gnu",
  });
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rootfs-test-"));
  write("unpacked/usr/bin/busybox", "\0cat\0ls\0", 0o755);
  write("unpacked/usr/bin/kmod", "#!/bin/sh\n", 0o755);
  mkdirSync(join(root, "unpacked/usr/sbin"));
  symlinkSync("../bin/kmod", join(root, "unpacked/usr/sbin/modprobe"));
  write("definition/programs", "# comment\n/usr/bin/busybox\n/sbin/modprobe\n");
  write("definition/applets", "cat\nls\n");
  write("definition/files/init", "#!/bin/sh\n", 0o755);
  write("definition/files/etc/hosts", "127.0.0.1 localhost\n", 0o600);
});
afterEach(() => rmSync(root, { recursive: true }));

test("programs bring what they are links to, applets are links, own files get plain modes", async () => {
  const entries = new Map((await collect()).map((entry) => [entry.path, entry]));
  expect(entries.get("usr/sbin/modprobe")).toMatchObject({
    kind: "symlink",
    target: "../bin/kmod",
  });
  expect(entries.get("usr/bin/kmod")).toMatchObject({ kind: "file", mode: 0o755 });
  expect(entries.get("usr/bin/ls")).toMatchObject({ kind: "symlink", target: "busybox" });
  expect(entries.get("init")).toMatchObject({ mode: 0o755 });
  expect(entries.get("etc/hosts")).toMatchObject({ mode: 0o644 });
  expect(entries.get("sbin")).toMatchObject({ kind: "symlink", target: "usr/sbin" });
});

test("a program that no package provides is named, with the list that wants it", async () => {
  write("definition/programs", "/usr/bin/busybox\n/usr/bin/absent\n");
  await expect(collect()).rejects.toThrow("/usr/bin/absent (wanted by programs)");
});

test("an applet that busybox does not have is named", async () => {
  write("definition/applets", "cat\nmake\n");
  await expect(collect()).rejects.toThrow("no applet make");
});

test("an applet must not hide a package's program", async () => {
  write("unpacked/usr/bin/busybox", "\0modprobe\0", 0o755);
  write("definition/applets", "modprobe\n");
  await expect(collect()).rejects.toThrow("'modprobe'");
});

test("a library that a program needs and no package provides is named", async () => {
  const program = readFileSync(DYNAMIC_PROGRAM);
  writeFileSync(join(root, "unpacked/usr/bin/kmod"), program, { mode: 0o755 });
  await expect(collect()).rejects.toThrow(/libc\.so\.6 \(wanted by \/usr\/bin\/kmod\)/);
});

/** A program that needs a library and says where it lies, with nothing else in it. */
function needing(library: string, directory: string): Buffer {
  const strings = Buffer.from(`\0${library}\0${directory}\0`);
  const [dynamicAt, stringsAt] = [64 + 2 * 56, 64 + 2 * 56 + 4 * 16];
  const file = Buffer.alloc(stringsAt + strings.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segment = (index: number, type: number, at: number, size: number) => {
    file.writeUInt32LE(type, 64 + index * 56);
    for (const field of [8, 16]) file.writeBigUInt64LE(BigInt(at), 64 + index * 56 + field);
    file.writeBigUInt64LE(BigInt(size), 64 + index * 56 + 32);
  };
  segment(0, 1, 0, file.length);
  segment(1, 2, dynamicAt, 4 * 16);
  // DT_NEEDED, DT_RUNPATH, DT_STRTAB, and the end.
  [
    [1, 1],
    [29, 2 + library.length],
    [5, stringsAt],
  ].forEach(([tag = 0, value = 0], index) => {
    file.writeBigUInt64LE(BigInt(tag), dynamicAt + index * 16);
    file.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8);
  });
  strings.copy(file, stringsAt);
  return file;
}

test("a library comes from where its user says that it lies", async () => {
  write("unpacked/usr/bin/kmod", "", 0o755);
  const home = "/usr/lib/aarch64-linux-gnu/ceph";
  writeFileSync(join(root, "unpacked/usr/bin/kmod"), needing("libcommon.so.2", home));
  await expect(collect()).rejects.toThrow("libcommon.so.2 (wanted by /usr/bin/kmod)");
  write(`unpacked${home}/libcommon.so.2`, "a library");
  const paths = (await collect()).map(({ path }) => path);
  expect(paths).toContain(`${home.slice(1)}/libcommon.so.2`);
});

test("a dynamic program tells its run-time linker and libraries; a script has none", () => {
  const wants = readElfDependencies(readFileSync(DYNAMIC_PROGRAM));
  expect(wants?.interpreter).toMatch(/^\/lib.*\/ld-linux/);
  expect(wants?.needed).toContain("libc.so.6");
  expect(readElfDependencies(Buffer.from("#!/bin/sh\n".repeat(20)))).toBeUndefined();
});
